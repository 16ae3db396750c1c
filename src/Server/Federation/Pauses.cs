namespace PresenceXml.Server.Federation;

/// <summary>How long a domain that cannot be reached is left alone: at first up to a minute by chance, then twice as long each time, with a bound (RFC 6120 §3.3).</summary>
/// <param name="random">The chance; safe for several threads.</param>
/// <param name="longest">The bound.</param>
internal sealed class Pauses(Random random, TimeSpan longest)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(60);

    // 60 s doubled so often is more than a day.
    private const int MostDoublings = 12;

    /// <param name="failures">How often in a row it failed, from 1.</param>
    public TimeSpan After(int failures)
    {
        double seconds = First.TotalSeconds * random.NextDouble();
        // The chance is in all of them, or servers that lost each other at the same moment would meet again and again.
        if (failures > 1)
            seconds = First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, MostDoublings)) * (0.5 + (random.NextDouble() / 2));
        return seconds < longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : longest * (0.5 + (random.NextDouble() / 2));
    }
}
