namespace PresenceXml.Server.Modules;

/// <summary>
/// Moments in a query (XEP-0082 1.1 §3.2). Clients know the times of messages in milliseconds, as stamps tell them; the log knows them finer. So
/// that a message is where its stamp says, filters compare whole milliseconds.
/// </summary>
internal static class ArchiveTime
{
    /// <summary>The first moment whose stamp is not before <paramref name="start"/>.</summary>
    public static DateTimeOffset First(DateTimeOffset start)
    {
        long over = start.UtcTicks % TimeSpan.TicksPerMillisecond;
        return over == 0 ? start : new DateTimeOffset(Math.Min(start.UtcTicks - over + TimeSpan.TicksPerMillisecond, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }

    /// <summary>The last moment whose stamp is not after <paramref name="end"/>.</summary>
    public static DateTimeOffset Last(DateTimeOffset end) =>
        new(end.UtcTicks - (end.UtcTicks % TimeSpan.TicksPerMillisecond) + TimeSpan.TicksPerMillisecond - 1, TimeSpan.Zero);
}
