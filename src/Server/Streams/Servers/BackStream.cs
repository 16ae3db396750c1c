using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>A stream that another server opened, and lets us use too (XEP-0288 1.0.1).</summary>
/// <param name="carrier">Writes.</param>
/// <param name="proof">How the other server was proven.</param>
/// <param name="before">What wrote for us on the line the other server had before, when it resumed that; null for a new stream.</param>
/// <param name="handledBefore">When the other server resumed it: how much of what was on its way had arrived.</param>
internal sealed class BackStream(LinkCarrier carrier, DomainProof proof, LinkCarrier? before, int? handledBefore) : ILinkStream
{
    private readonly LinkCarrier carrier = carrier;

    public bool IsManaged => carrier.IsManaged;

    public int? HandledBefore => handledBefore;

    public LinkManner? Manner => new(proof, null, true, true, carrier.IsManaged);

    public bool IsAfter(ILinkStream lost) => before is not null && lost is BackStream { carrier: var theirs } && theirs == before;

    public Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel) => carrier.CarryAsync(traffic, cancel);

    /// <summary>The stream is the other server's.</summary>
    public ValueTask DisposeAsync() => default;
}
