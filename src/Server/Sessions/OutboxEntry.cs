using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Sessions;

/// <summary>Something that waits in an <see cref="Outbox"/>.</summary>
/// <param name="Stanza">Null while it waits in the log; never for an <see cref="OutboxForm.Copy"/>.</param>
/// <param name="Sequence">Its place in the account's log; 0 when it has none.</param>
/// <param name="Bytes">About what it takes on the wire.</param>
/// <param name="Form">As what it is to be written.</param>
internal readonly record struct OutboxEntry(Stanza? Stanza, long Sequence, int Bytes, OutboxForm Form = OutboxForm.Own);
