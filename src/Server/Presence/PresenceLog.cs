using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Presence;

internal static partial class PresenceLog
{
    [LoggerMessage(1151, LogLevel.Error, "The access rules of {Account} could not be looked at again")]
    public static partial void LookFailed(ILogger logger, Exception exception, Jid account);
}
