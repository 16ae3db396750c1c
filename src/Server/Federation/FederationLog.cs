using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Federation;

/// <summary>What becomes of links, a line each.</summary>
internal static partial class FederationLog
{
    [LoggerMessage(1401, LogLevel.Information, "Link {Local} to {Remote} is open: {Manner}")]
    public static partial void Opened(ILogger log, string local, string remote, LinkManner? manner);

    [LoggerMessage(1402, LogLevel.Information, "Link {Local} to {Remote} is lost: {Reason}")]
    public static partial void Lost(ILogger log, string local, string remote, string reason);

    [LoggerMessage(1403, LogLevel.Debug, "Link {Local} to {Remote} is closed: {Reason}")]
    public static partial void Closed(ILogger log, string local, string remote, string reason);

    [LoggerMessage(EventId = 1404, Message = "Link {Local} to {Remote} cannot be opened ({Step}): {Reason}.{Remedy} {Returned} stanzas went back; next attempt in {Seconds:0} s at the earliest")]
    public static partial void Failed(ILogger log, LogLevel level, string local, string remote, LinkStep step, string reason, string remedy, int returned, double seconds);

    [LoggerMessage(1407, LogLevel.Information, "{Count} more links could not be opened; \"presencexml federation list\" shows them")]
    public static partial void Untold(ILogger log, int count);

    [LoggerMessage(1405, LogLevel.Information, "Link {Local} to {Remote}: of {Stanzas} stanzas it is not known whether they arrived; their senders were told so")]
    public static partial void Unsure(ILogger log, string local, string remote, int stanzas);

    [LoggerMessage(1406, LogLevel.Error, "Link {Local} to {Remote} failed")]
    public static partial void LinkBroken(ILogger log, Exception exception, string local, string remote);
}
