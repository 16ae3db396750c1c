using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Messaging;

internal static partial class MessagingLog
{
    [LoggerMessage(1201, LogLevel.Information, "{Count} waiting messages of {Account} are not in the store any more")]
    public static partial void Forgotten(ILogger logger, int count, Jid account);

    [LoggerMessage(1202, LogLevel.Information, "{Count} delivered messages removed, older than their accounts keep them")]
    public static partial void Expired(ILogger logger, int count);

    [LoggerMessage(1203, LogLevel.Warning, "Old messages could not be removed, tried again in an hour: {Reason}")]
    public static partial void RetentionFailed(ILogger logger, string reason);
}
