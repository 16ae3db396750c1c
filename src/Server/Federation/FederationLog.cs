using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Federation;

/// <summary>What becomes of links, a line each.</summary>
internal static partial class FederationLog
{
    [LoggerMessage(1401, LogLevel.Information, "Link {Local} to {Remote} is open")]
    public static partial void Opened(ILogger log, string local, string remote);

    [LoggerMessage(1402, LogLevel.Information, "Link {Local} to {Remote} is lost: {Reason}")]
    public static partial void Lost(ILogger log, string local, string remote, string reason);

    [LoggerMessage(1403, LogLevel.Debug, "Link {Local} to {Remote} is closed: {Reason}")]
    public static partial void Closed(ILogger log, string local, string remote, string reason);

    [LoggerMessage(1404, LogLevel.Information, "Link {Local} to {Remote} cannot be opened ({Step}): {Reason} {Returned} stanzas went back; next attempt in {Seconds:0} s at the earliest")]
    public static partial void Failed(ILogger log, string local, string remote, LinkStep step, string reason, int returned, double seconds);

    [LoggerMessage(1405, LogLevel.Information, "Link {Local} to {Remote}: of {Stanzas} stanzas it is not known whether they arrived; their senders were told so")]
    public static partial void Unsure(ILogger log, string local, string remote, int stanzas);

    [LoggerMessage(1406, LogLevel.Error, "Link {Local} to {Remote} failed")]
    public static partial void LinkBroken(ILogger log, Exception exception, string local, string remote);
}
