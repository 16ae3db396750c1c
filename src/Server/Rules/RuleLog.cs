using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Rules;

internal static partial class RuleLog
{
    [LoggerMessage(1101, LogLevel.Error, "A rule of {Module} failed on {Stanza} id \"{Id}\"; the stanza was refused")]
    public static partial void RuleFailed(ILogger logger, Exception exception, string module, string stanza, string? id);

    [LoggerMessage(1103, LogLevel.Error, "The access rules of {Account} cannot be read, so nobody sees its presence: {Problem}")]
    public static partial void RulesUnreadable(ILogger logger, Jid account, string problem);

    [LoggerMessage(1102, LogLevel.Error, "A rule of {Module} replaced {Stanza} id \"{Id}\" by a stanza of another type; it was refused")]
    public static partial void RuleChangedType(ILogger logger, string module, string stanza, string? id);
}
