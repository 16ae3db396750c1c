using System.Diagnostics;

namespace PresenceXml.Cable.Run;

/// <summary>The run's one clock: time since its beginning, and how the wall clock of servers on this machine compares with it.</summary>
internal sealed class RunClock
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly DateTimeOffset wall = TimeProvider.System.GetUtcNow();

    public TimeSpan Now => Stopwatch.GetElapsedTime(started);

    /// <summary>A time that a server on this machine noted.</summary>
    public TimeSpan Of(DateTimeOffset stamp) => stamp - wall;
}
