using System.Collections.Concurrent;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>Counts failures by key within a window of time, in bounded memory.</summary>
/// <param name="time">The clock.</param>
/// <param name="window">How long a failure counts, from the first of its window on.</param>
internal sealed class FailureCounter<TKey>(TimeProvider time, TimeSpan window) where TKey : notnull
{
    // Past this many keys the new ones are not counted until old ones run out: an attacker with as many addresses is limited elsewhere.
    private const int Capacity = 65536;
    private readonly ConcurrentDictionary<TKey, Window> windows = new();
    private long lastSweep = time.GetTimestamp();

    private readonly record struct Window(long Start, int Count);

    public int Count(TKey key) => windows.TryGetValue(key, out Window seen) && !IsOver(seen) ? seen.Count : 0;

    public void Add(TKey key)
    {
        if (windows.Count >= Capacity && !Sweep() && !windows.ContainsKey(key)) return;
        windows.AddOrUpdate(
            key,
            static (_, self) => new Window(self.time.GetTimestamp(), 1),
            static (_, seen, self) => self.self.IsOver(seen) ? new Window(self.time.GetTimestamp(), 1) : seen with { Count = seen.Count + 1 },
            (self: this, time));
    }

    public void Forget(TKey key) => windows.TryRemove(key, out _);

    private bool IsOver(Window seen) => time.GetElapsedTime(seen.Start) >= window;

    /// <summary>Removes what does not count any more, once a second at most. True when there is room.</summary>
    private bool Sweep()
    {
        long last = Volatile.Read(ref lastSweep);
        if (time.GetElapsedTime(last) >= TimeSpan.FromSeconds(1) && Interlocked.CompareExchange(ref lastSweep, time.GetTimestamp(), last) == last)
        {
            foreach (KeyValuePair<TKey, Window> entry in windows)
                if (IsOver(entry.Value)) windows.TryRemove(entry);
        }
        return windows.Count < Capacity;
    }
}
