using Microsoft.Extensions.Logging;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Commands;

/// <summary>What the running server says of commands.</summary>
internal static partial class CommandLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "No control socket: user, client, federation and backup commands do not work while this server runs ({Reason})")]
    public static partial void NoSocket(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A command's connection broke: {Reason}")]
    public static partial void Broken(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A command failed")]
    public static partial void Failed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} accounts added by command")]
    public static partial void Added(ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Password of {Account} set by command")]
    public static partial void KeysSet(ILogger log, string account);

    [LoggerMessage(Level = LogLevel.Information, Message = "Account {Account} deleted by command")]
    public static partial void Deleted(ILogger log, string account);

    [LoggerMessage(Level = LogLevel.Information, Message = "The watchers of {Account} were listed by command, hidden ones too")]
    public static partial void WatchersListed(ILogger log, string account);

    [LoggerMessage(Level = LogLevel.Information, Message = "Backup written to {File}")]
    public static partial void BackedUp(ILogger log, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "Account {Account} is without these services from now on, by command: {Off}")]
    public static partial void ServicesSet(ILogger log, string account, ServicesOff off);
}
