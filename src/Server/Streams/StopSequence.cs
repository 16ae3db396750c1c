using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Streams.Components;
using PresenceXml.Server.Streams.Servers;

namespace PresenceXml.Server.Streams;

/// <summary>
/// What is said when the server is told to stop, and in which order: first what waits for other servers is sent, or goes back to those who sent it; then
/// all streams end. What sessions leave behind (presence that ends) goes over the links after that (<see cref="Links"/>).
/// </summary>
internal sealed class StopSequence(RemoteDomains remote, ClientListener clients, ServerListener servers, ComponentListener components, IHostApplicationLifetime lifetime, ILogger<StopSequence> log) : IHostedService
{
    // Within the time that the whole stop may take, with room for all that follows.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Kestrel waits for its connections, and so for this.
        lifetime.ApplicationStopping.Register(() => _ = RunAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunAsync()
    {
        try
        {
            await remote.DrainAsync(Grace);
        }
#pragma warning disable CA1031 // Our bug must not keep the streams from being told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StreamLog.StopFailed(log, exception);
        }
        foreach (StreamListener listener in (StreamListener[])[clients, servers, components]) listener.Stop();
    }
}
