using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>What there is to say of an entry of a log without its content. For the members see <see cref="LogEntry"/>.</summary>
public readonly record struct LogHead(long Sequence, DateTimeOffset Time, Jid Peer, string Box, bool Outgoing, bool Undelivered);
