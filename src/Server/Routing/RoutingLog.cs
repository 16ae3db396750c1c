using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Routing;

internal static partial class RoutingLog
{
    [LoggerMessage(1301, LogLevel.Error, "The handler of iq \"{Id}\" {Payload} from {From} failed")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string? id, string payload, Jid from);

    [LoggerMessage(1302, LogLevel.Error, "Routing {Stanza} id \"{Id}\" from {From} failed")]
    public static partial void RoutingFailed(ILogger logger, Exception exception, string stanza, string? id, Jid? from);

    [LoggerMessage(1303, LogLevel.Error, "{Stanza} id \"{Id}\" from {From} was refused: the store failed ({Reason}); so were {Others} others since this was last logged")]
    public static partial void StoreFailed(ILogger logger, string stanza, string? id, Jid? from, string reason, long others);

    [LoggerMessage(1304, LogLevel.Debug, "{Session} has lost its line and waits {Seconds} seconds for another")]
    public static partial void Detached(ILogger logger, Jid session, int seconds);

    [LoggerMessage(1305, LogLevel.Debug, "{Session} is resumed")]
    public static partial void Resumed(ILogger logger, Jid session);

    [LoggerMessage(1306, LogLevel.Debug, "{Session} was not resumed in time")]
    public static partial void Expired(ILogger logger, Jid session);

    [LoggerMessage(1307, LogLevel.Error, "The end of {Session} failed")]
    public static partial void EndFailed(ILogger logger, Exception exception, Jid session);

    [LoggerMessage(1308, LogLevel.Warning, "That a client of {Account} was here could not be written down")]
    public static partial void ClientNotNoted(ILogger logger, Exception exception, Jid account);

    [LoggerMessage(1309, LogLevel.Information, "The access of client {Client} of {Account} was revoked")]
    public static partial void ClientRevoked(ILogger logger, string client, Jid account);
}
