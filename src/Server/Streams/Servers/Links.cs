using Microsoft.Extensions.Hosting;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>Joins the links to the streams that carry them and to the heart; has them send what waits when the server stops.</summary>
internal sealed class Links(RemoteDomains remote, LinkOpener opener, RemoteRouter router) : IHostedService
{
    // Within the eight seconds that the whole stop may take.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Before the first connection is accepted.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        remote.Attach(opener, router.Return, router.Unreachable);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => remote.StopAsync(Grace);
}
