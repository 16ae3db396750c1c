using System.Globalization;
using System.Text.RegularExpressions;

namespace PresenceXml.Server.Messaging;

/// <summary>Moments as they are written on the wire: in UTC (XEP-0082 1.1.1 §3.2).</summary>
public static partial class DateTimeProfile
{
    /// <summary>To the millisecond; 24 characters.</summary>
    public const string Exact = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>To the second; what is left of one is dropped.</summary>
    public static string ToSeconds(DateTimeOffset time) => time.UtcDateTime.ToString(Seconds, CultureInfo.InvariantCulture);

    /// <summary>To the millisecond; what is left of one is dropped.</summary>
    public static string ToMilliseconds(DateTimeOffset time) => time.UtcDateTime.ToString(Exact, CultureInfo.InvariantCulture);

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

    [GeneratedRegex("^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
