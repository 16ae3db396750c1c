using System.Globalization;
using System.Text.RegularExpressions;

namespace PresenceXml.Server.Modules;

/// <summary>
/// Moments in a query (XEP-0082 1.1 §3.2). Clients know the times of messages in milliseconds, as stamps tell them; the log knows them finer. So
/// that a message is where its stamp says, filters compare whole milliseconds.
/// </summary>
internal static partial class ArchiveTime
{
    /// <summary>Reads a DateTime: <c>CCYY-MM-DDThh:mm:ss[.sss](Z|±hh:mm)</c>. False for anything else; no leap seconds.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        Match match = Shape().Match(text);
        if (!match.Success || !DateTime.TryParseExact(match.Groups[1].ValueSpan, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
            return false;
        // Digits beyond 100 ns say nothing here.
        string fraction = match.Groups[2].Value.PadRight(7, '0')[..7];
        long ticks = local.Ticks + long.Parse(fraction, CultureInfo.InvariantCulture);
        if (match.Groups[3].Success)
        {
            int hours = int.Parse(match.Groups[4].ValueSpan, CultureInfo.InvariantCulture), minutes = int.Parse(match.Groups[5].ValueSpan, CultureInfo.InvariantCulture);
            if (hours > 23 || minutes > 59)
                return false;
            long offset = new TimeSpan(hours, minutes, 0).Ticks;
            ticks -= match.Groups[3].ValueSpan is "-" ? -offset : offset;
        }
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
            return false;
        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    /// <summary>The first moment whose stamp is not before <paramref name="start"/>.</summary>
    public static DateTimeOffset First(DateTimeOffset start)
    {
        long over = start.UtcTicks % TimeSpan.TicksPerMillisecond;
        return over == 0 ? start : new DateTimeOffset(Math.Min(start.UtcTicks - over + TimeSpan.TicksPerMillisecond, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }

    /// <summary>The last moment whose stamp is not after <paramref name="end"/>.</summary>
    public static DateTimeOffset Last(DateTimeOffset end) =>
        new(end.UtcTicks - (end.UtcTicks % TimeSpan.TicksPerMillisecond) + TimeSpan.TicksPerMillisecond - 1, TimeSpan.Zero);

    [GeneratedRegex("^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
