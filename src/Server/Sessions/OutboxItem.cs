using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Sessions;

/// <summary>Something to write.</summary>
/// <param name="Stanza">What it is about; <see cref="Outbox.Write"/> knows how it goes onto the wire.</param>
/// <param name="Sequence">Its place in the account's log; 0 when it has none.</param>
/// <param name="Form">As what it is written.</param>
/// <param name="Time">When it was received, in UTC ticks, for what waited in the log and is to say so (XEP-0203); else 0.</param>
public readonly record struct OutboxItem(Stanza Stanza, long Sequence, OutboxForm Form = OutboxForm.Own, long Time = 0);
