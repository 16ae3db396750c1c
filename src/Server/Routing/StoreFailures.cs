using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Routing;

/// <summary>Logs that the store fails, once a minute at most: a store that cannot be read would otherwise fill the log with a line for each stanza.</summary>
internal sealed class StoreFailures(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly Lock door = new();
    private long? last;
    private long unsaid;

    public void Report(Stanza stanza, Exception exception)
    {
        long others;
        lock (door)
        {
            if (last is { } then && clock.GetElapsedTime(then) < Pause)
            {
                unsaid++;
                return;
            }
            last = clock.GetTimestamp();
            others = unsaid;
            unsaid = 0;
        }
        RoutingLog.StoreFailed(logger, stanza.LocalName, stanza.Id, stanza.From, exception.Message, others);
    }
}
