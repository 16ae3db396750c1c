using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>The clock of a test, which also tells when a timer was set by another thread, so that the test can move the clock then.</summary>
internal sealed class TimerWatch(FakeTimeProvider clock, TimeSpan due) : TimeProvider
{
    private readonly TaskCompletionSource set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a timer was set that comes due after this time.</summary>
    public Task Set => set.Task;

    public override long TimestampFrequency => clock.TimestampFrequency;
    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = clock.CreateTimer(callback, state, dueTime, period);
        if (dueTime == due) set.TrySetResult();
        return timer;
    }
}
