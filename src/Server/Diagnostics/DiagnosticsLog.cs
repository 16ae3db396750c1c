using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Diagnostics;

/// <summary>What the program says of itself.</summary>
internal static partial class DiagnosticsLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Line}")]
    public static partial void Banner(ILogger log, string line);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped")]
    public static partial void Stopped(ILogger log);
}
