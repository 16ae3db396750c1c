using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Server.Streams;

namespace PresenceXml.Server.Modules.Registration;

internal static partial class RegistrationLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Account} was registered from {Address}")]
    public static partial void Registered(ILogger log, Jid account, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Registration refused: too many attempts from {Address}")]
    public static partial void Throttled(ILogger log, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Account} changed the password")]
    public static partial void PasswordChanged(ILogger log, Jid account);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Account} was cancelled by its owner")]
    public static partial void Cancelled(ILogger log, Jid account);
}
