using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Presence;

internal static partial class PresenceLog
{
    [LoggerMessage(1151, LogLevel.Error, "The access rules of {Account} could not be looked at again")]
    public static partial void LookFailed(ILogger logger, Exception exception, Jid account);

    [LoggerMessage(1152, LogLevel.Warning, "Presence of {Account} that is over could not be taken away; it is tried again")]
    public static partial void TupleStays(ILogger logger, Exception exception, Jid account);

    [LoggerMessage(1153, LogLevel.Warning, "{Watcher} could not be told of presence of {Account}")]
    public static partial void NotTold(ILogger logger, Exception exception, Jid watcher, Jid account);

    [LoggerMessage(1154, LogLevel.Error, "The watchers of {Account} could not be looked after")]
    public static partial void WatchersFailed(ILogger logger, Exception exception, Jid account);

    [LoggerMessage(1155, LogLevel.Error, "The tuple {Id} of {Account} cannot be read, so it is not shown: {Problem}")]
    public static partial void TupleUnreadable(ILogger logger, Jid account, string id, string problem);
}
