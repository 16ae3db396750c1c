using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What was agreed on with another server on a stream that we opened.</summary>
/// <param name="Pair">Who speaks to whom.</param>
/// <param name="Proof">How the other side was proven to us.</param>
/// <param name="IsBidi">True when it may send on the stream as well (XEP-0288).</param>
/// <param name="Sent">With stream management: what it has counted so far, on lines before; null without.</param>
/// <param name="Name">The name by which the stream can be resumed; null when it cannot.</param>
/// <param name="HandledBefore">As in <see cref="ILinkStream.HandledBefore"/>.</param>
/// <param name="Session">What comes on the stream; of a resumed one what came before.</param>
internal sealed record OutboundResult(DomainPair Pair, DomainProof Proof, bool IsBidi, uint? Sent, string? Name, int? HandledBefore, InboundSession Session)
{
    /// <summary>How we were proven to it.</summary>
    public DomainProof OurProof { get; init; } = DomainProof.Dialback;
}
