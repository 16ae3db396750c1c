using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>A stream that another server opened, and lets us use too (XEP-0288 1.0.1).</summary>
/// <param name="carrier">Writes.</param>
/// <param name="handledBefore">When the other server resumed it: how much of what was on its way had arrived.</param>
internal sealed class BackStream(LinkCarrier carrier, int? handledBefore) : ILinkStream
{
    public bool IsManaged => carrier.IsManaged;

    public int? HandledBefore => handledBefore;

    public Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel) => carrier.CarryAsync(traffic, cancel);

    /// <summary>The stream is the other server's.</summary>
    public ValueTask DisposeAsync() => default;
}
