namespace PresenceXml.Server.Presence.Watching;

/// <summary>
/// Tells a POLLER (RFC 2778 §2.3: a fetcher that asks on a regular basis) from somebody who looks now and then: at least four fetches with gaps that are
/// alike, or more than twelve within an hour, alike or not.
/// </summary>
internal static class PollerDetector
{
    /// <summary>As many times are remembered of each watcher.</summary>
    public const int Remembered = 16;

    private const int Fewest = 4;
    private const int MostAnHour = 12;
    private const long ShortestGap = 2_000;
    private const long LongestGap = 24 * 3_600_000;
    private const long Hour = 3_600_000;

    // The median absolute deviation may be so much of the median gap: clocks of pollers drift, people do not come so regularly.
    private const double Regular = 0.25;

    /// <summary>The interval of a poller, null for anybody else.</summary>
    /// <param name="times">When it fetched, in milliseconds, ascending; the last is now.</param>
    public static TimeSpan? IntervalOf(ReadOnlySpan<long> times)
    {
        if (times.Length < Fewest)
            return null;
        long[] gaps = new long[times.Length - 1];
        for (int i = 0; i < gaps.Length; i++)
            gaps[i] = times[i + 1] - times[i];
        long median = Median(gaps);
        bool isMany = times.Length > MostAnHour && times[^1] - times[^(MostAnHour + 1)] < Hour;
        if (!isMany && (median is < ShortestGap or > LongestGap || Deviation(gaps, median) > Regular * median))
            return null;
        return TimeSpan.FromMilliseconds(median);
    }

    private static long Deviation(long[] gaps, long median)
    {
        long[] deviations = new long[gaps.Length];
        for (int i = 0; i < gaps.Length; i++)
            deviations[i] = Math.Abs(gaps[i] - median);
        return Median(deviations);
    }

    private static long Median(long[] values)
    {
        long[] sorted = [.. values];
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
