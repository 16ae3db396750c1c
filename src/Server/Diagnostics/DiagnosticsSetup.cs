using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Diagnostics;

/// <summary>Puts the log together.</summary>
internal static class DiagnosticsSetup
{
    /// <summary>The log on the console, by the configuration.</summary>
    public static IServiceCollection AddDiagnostics(this IServiceCollection services, LogOptions options) => services.AddLogging(logging =>
    {
        var level = Enum.Parse<LogLevel>(options.Level);
        logging.SetMinimumLevel(level);
        // The framework's own events are for those who look for a fault.
        if (level is LogLevel.Information) logging.AddFilter("Microsoft", LogLevel.Warning);
        // A start that fails is told once, in one line, by the program; what ends a running server is critical and still shown.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (options.Format == "json")
        {
            logging.AddJsonConsole(static json =>
            {
                json.UseUtcTimestamp = true;
                json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
            return;
        }
        logging.AddConsole(static console => console.FormatterName = LineFormatter.FormatterName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
    });
}
