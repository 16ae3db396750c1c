using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Modules.Watching;

internal static partial class WatchingLog
{
    [LoggerMessage(1165, LogLevel.Error, "The watchers' contact could not answer {Asker}")]
    public static partial void ServiceFailed(ILogger logger, Exception exception, Jid asker);
}
