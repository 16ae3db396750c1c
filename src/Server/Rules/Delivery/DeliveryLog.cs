using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Rules.Delivery;

internal static partial class DeliveryLog
{
    [LoggerMessage(1111, LogLevel.Information, "The delivery rules of {Account} took too long for {Stanza} id \"{Id}\" from {From}; it was delivered as ever")]
    public static partial void Spent(ILogger logger, Jid account, string stanza, string? id, Jid from);

    [LoggerMessage(1112, LogLevel.Warning, "What the delivery rules of {Account} say beside the delivery was left out: too much of the kind waits")]
    public static partial void ErrandDropped(ILogger logger, Jid account);

    [LoggerMessage(1113, LogLevel.Error, "What the delivery rules of {Account} say beside the delivery failed")]
    public static partial void ErrandFailed(ILogger logger, Exception exception, Jid account);

    [LoggerMessage(1114, LogLevel.Information, "{Account} reports {Sender} for {Reason}")]
    public static partial void Reported(ILogger logger, Jid account, Jid sender, string reason);

    [LoggerMessage(1115, LogLevel.Error, "The delivery rules of {Account} failed for {Stanza} id \"{Id}\"; it was refused")]
    public static partial void Failed(ILogger logger, Exception exception, Jid account, string stanza, string? id);
}
