namespace PresenceXml.Server.Modules.Registration;

/// <summary>Counts attempts by address or account over a time that ends now. Bounded: past <see cref="MaxKeys"/> of them new ones have to wait.</summary>
/// <param name="limit">Attempts in that time; 0 for any number.</param>
/// <param name="window">How long an attempt counts.</param>
/// <param name="clock">The clock.</param>
internal sealed class RegistrationThrottle<TKey>(int limit, TimeSpan window, TimeProvider clock) where TKey : notnull
{
    private const int MaxKeys = 100_000;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Queue<long>> attempts = [];
    private long lastSweep = clock.GetTimestamp();

    /// <summary>Counts one attempt; false when there were too many, and then it does not count.</summary>
    public bool TryCount(TKey key)
    {
        if (limit == 0) return true;
        lock (gate)
        {
            if (clock.GetElapsedTime(lastSweep) >= SweepEvery) Sweep();
            if (!attempts.TryGetValue(key, out Queue<long>? times))
            {
                if (attempts.Count >= MaxKeys) return false;
                attempts[key] = times = [];
            }
            Forget(times);
            if (times.Count >= limit) return false;
            times.Enqueue(clock.GetTimestamp());
            return true;
        }
    }

    private void Sweep()
    {
        lastSweep = clock.GetTimestamp();
        foreach ((TKey key, Queue<long> times) in attempts)
        {
            Forget(times);
            if (times.Count == 0) attempts.Remove(key);
        }
    }

    private void Forget(Queue<long> times)
    {
        while (times.TryPeek(out long oldest) && clock.GetElapsedTime(oldest) >= window) times.Dequeue();
    }
}
