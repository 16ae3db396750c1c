using System.Globalization;

namespace PresenceXml.Server.Rules.Access;

/// <summary>A span of time as XML Schema writes it (xs:duration, days, hours, minutes and seconds only): <c>P1D</c>, <c>PT90M</c>.</summary>
internal static class XmlDuration
{
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        if (text.Length < 3 || text[0] != 'P')
            return false;
        bool inTime = false;
        int start = 1;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
                continue;
            if (text[i] == 'T' && !inTime && i == start)
            {
                inTime = true;
            }
            else
            {
                TimeSpan? unit = (text[i], inTime) switch
                {
                    ('D', false) => TimeSpan.FromDays(1),
                    ('H', true) => TimeSpan.FromHours(1),
                    ('M', true) => TimeSpan.FromMinutes(1),
                    ('S', true) => TimeSpan.FromSeconds(1),
                    _ => null,
                };
                if (unit is not { } one || i == start || !int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > 1_000_000)
                    return false;
                span += count * one;
            }
            start = i + 1;
        }
        return start == text.Length && text[^1] != 'T';
    }
}
