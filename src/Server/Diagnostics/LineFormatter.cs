using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace PresenceXml.Server.Diagnostics;

/// <summary>
/// One readable line per event: <c>20:15:30 info  streams    juliet@example.org logged in</c>. Control characters in a message, which may come
/// from a peer, are shown and not obeyed. An error's stack follows on indented lines.
/// </summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";
    private const string Ours = "PresenceXml.Server.";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        textWriter.Write($" {Level(logEntry.LogLevel),-5} {Part(logEntry.Category),-10} ");
        WriteVisible(textWriter, message);
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(": ");
            WriteVisible(textWriter, $"{exception.GetType().Name}: {exception.Message}");
            if (logEntry.LogLevel >= LogLevel.Error) WriteStack(textWriter, exception);
        }
        textWriter.Write('\n');
    }

    /// <summary>The part of the server an event comes from: the folder of its class.</summary>
    private static string Part(string category)
    {
        ReadOnlySpan<char> name = category.AsSpan();
        if (name.StartsWith(Ours)) name = name[Ours.Length..];
        int end = name.IndexOf('.');
        return (end < 0 ? name : name[..end]).ToString().ToLowerInvariant();
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static void WriteVisible(TextWriter writer, string text)
    {
        foreach (char c in text)
        {
            // U+2028, U+2029 and U+0085 end lines for some readers; the rest turn what follows around, so that a line seems to say something else.
            if (char.IsControl(c) || c is (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' or '\u061C') writer.Write($"\\u{(int)c:X4}");
            else writer.Write(c);
        }
    }

    private static void WriteStack(TextWriter writer, Exception exception)
    {
        for (Exception? one = exception; one is not null; one = one.InnerException)
        {
            if (one != exception)
            {
                writer.Write("\n  because of ");
                WriteVisible(writer, $"{one.GetType().Name}: {one.Message}");
            }
            foreach (string line in (one.StackTrace ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                writer.Write($"\n    {line}");
        }
    }
}
