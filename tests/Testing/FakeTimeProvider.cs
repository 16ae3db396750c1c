namespace PresenceXml.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers, and with them <c>Task.Delay</c> and cancellation by time, come due inside
/// <see cref="Advance"/>, in order, each at its own time.
/// </summary>
public sealed class FakeTimeProvider : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<FakeTimer> timers = [];
    private DateTimeOffset now;

    /// <summary>Starts at the given time, or at the first of January 2030.</summary>
    public FakeTimeProvider(DateTimeOffset? start = null) => now = start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Timers of one owner that will still come due. The timers of a whole server come and go with everything it does.</summary>
    /// <typeparam name="TState">What they were made with; a <see cref="Task"/> for <c>Task.Delay</c>.</typeparam>
    public int TimersOf<TState>()
    {
        lock (gate) return timers.Count(static timer => timer.State is TState);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    public override long GetTimestamp()
    {
        lock (gate) return now.UtcTicks;
    }

    /// <summary>Moves the clock and runs what comes due on the way, on this thread.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset end;
        lock (gate) end = now + by;
        while (true)
        {
            FakeTimer due;
            lock (gate)
            {
                FakeTimer? next = timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
                if (next is null)
                {
                    now = end;
                    return;
                }
                due = next;
                if (due.Due > now) now = due.Due;
                if (due.Period > TimeSpan.Zero) due.Due += due.Period;
                else timers.Remove(due);
            }
            due.Callback(due.State);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class FakeTimer(FakeTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool disposed;

        public TimerCallback Callback { get; } = callback;
        public object? State { get; } = state;
        public DateTimeOffset Due { get; set; }
        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                if (disposed) return false;
                Period = period;
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = clock.now + dueTime;
                clock.timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                disposed = true;
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
