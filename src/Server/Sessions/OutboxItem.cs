using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Sessions;

/// <summary>Something to write.</summary>
/// <param name="Stanza">As it goes onto the wire, but for its stanza-id; <see cref="Outbox.Write"/> knows that.</param>
/// <param name="Sequence">Its place in the account's log; 0 when it has none.</param>
public readonly record struct OutboxItem(Stanza Stanza, long Sequence);
