namespace PresenceXml.Server.Presence;

/// <summary>A timer that runs while there is something to look at, and costs nothing while there is not.</summary>
internal sealed class DemandTimer : IDisposable, IAsyncDisposable
{
    private readonly TimeSpan step;
    private readonly Func<bool> isNeeded;
    private readonly Action look;
    private readonly ITimer timer;
    private int isAwake;

    /// <param name="clock">The clock.</param>
    /// <param name="step">How often it looks.</param>
    /// <param name="isNeeded">Is there something to look at?</param>
    /// <param name="look">Looks; never throws, never waits.</param>
    public DemandTimer(TimeProvider clock, TimeSpan step, Func<bool> isNeeded, Action look)
    {
        this.step = step;
        this.isNeeded = isNeeded;
        this.look = look;
        timer = clock.CreateTimer(static self => ((DemandTimer)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>There is something to look at from now on.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref isAwake, 1) == 0)
            timer.Change(step, step);
    }

    public void Dispose() => timer.Dispose();

    public ValueTask DisposeAsync() => timer.DisposeAsync();

    private void Tick()
    {
        look();
        if (isNeeded())
            return;
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref isAwake, 0);
        // Somebody may have asked for it in between and found it awake.
        if (isNeeded())
            Wake();
    }
}
