using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>One entry of a log. Immutable.</summary>
/// <param name="Sequence">Its place; ascending, with gaps. Of two with the same sequence in one batch and log the first stays.</param>
/// <param name="Time">When it was received, in ticks of 100 ns; never before the entry in front of it (a small step back is tolerated).</param>
/// <param name="Peer">The bare JID of the other side; a facet.</param>
/// <param name="Box">A facet; "" is the inbox.</param>
/// <param name="Outgoing">True when the owner of the log sent it.</param>
/// <param name="Undelivered">True when it waits for delivery.</param>
/// <param name="Content">The stanza in canonical form.</param>
public sealed record LogEntry(long Sequence, DateTimeOffset Time, Jid Peer, string Box, bool Outgoing, bool Undelivered, ReadOnlyMemory<byte> Content)
{
    /// <summary>How far the session that sent it had come, if it said so.</summary>
    public LogMark? Mark { get; init; }
}
