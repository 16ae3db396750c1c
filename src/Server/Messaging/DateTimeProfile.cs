using System.Globalization;

namespace PresenceXml.Server.Messaging;

/// <summary>Moments as they are written on the wire: in UTC (XEP-0082 1.1.1 §3.2).</summary>
public static class DateTimeProfile
{
    /// <summary>To the millisecond; 24 characters.</summary>
    public const string Exact = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>To the second; what is left of one is dropped.</summary>
    public static string ToSeconds(DateTimeOffset time) => time.UtcDateTime.ToString(Seconds, CultureInfo.InvariantCulture);

    /// <summary>To the millisecond; what is left of one is dropped.</summary>
    public static string ToMilliseconds(DateTimeOffset time) => time.UtcDateTime.ToString(Exact, CultureInfo.InvariantCulture);
}
