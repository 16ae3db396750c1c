using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Modules.Delivery;

internal static partial class DeliveryModuleLog
{
    [LoggerMessage(1116, LogLevel.Error, "The delivery rules of {Account} cannot be read; everything is delivered to it")]
    public static partial void Unreadable(ILogger logger, Exception exception, Jid account);
}
