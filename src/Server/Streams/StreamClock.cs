using System.Collections.Concurrent;

namespace PresenceXml.Server.Streams;

/// <summary>Something that wants to know about once a second how late it is.</summary>
internal interface ITicking
{
    /// <summary>Called on the timer's thread; must not wait.</summary>
    /// <param name="now">Seconds since the clock was made.</param>
    void Tick(int now);
}

/// <summary>
/// One timer for all streams: time limits of a stream are checked once a second, so ten thousand idle streams cost one timer, and
/// a stream that reads does not ask the system for the time.
/// </summary>
internal sealed class StreamClock : IDisposable
{
    private readonly ConcurrentDictionary<ITicking, byte> subjects = new();
    private readonly TimeProvider time;
    private readonly long started;
    private readonly ITimer timer;
    private int now;

    public StreamClock(TimeProvider time)
    {
        this.time = time;
        started = time.GetTimestamp();
        timer = time.CreateTimer(static clock => ((StreamClock)clock!).Tick(), this, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Seconds since this clock was made, as of the last tick.</summary>
    public int Now => Volatile.Read(ref now);

    public void Add(ITicking subject) => subjects.TryAdd(subject, 0);

    public void Remove(ITicking subject) => subjects.TryRemove(subject, out _);

    private void Tick()
    {
        int seconds = (int)time.GetElapsedTime(started).TotalSeconds;
        Volatile.Write(ref now, seconds);
        foreach (KeyValuePair<ITicking, byte> subject in subjects) subject.Key.Tick(seconds);
    }

    public void Dispose() => timer.Dispose();
}
