using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PresenceXml.Testing;

/// <summary>Keeps what the server logs, so that a test in which something logged an Error it did not announce fails.</summary>
public sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();
    private readonly ConcurrentQueue<string> errors = new();

    /// <summary>Everything at Information and above.</summary>
    public IReadOnlyCollection<string> Lines => lines;

    /// <summary>Errors and worse.</summary>
    public IReadOnlyCollection<string> Errors => errors;

    /// <summary>The test expects this many errors; they are taken away.</summary>
    public void Announce(int count)
    {
        if (errors.Count != count)
            throw new InvalidOperationException($"{count} errors were announced, {errors.Count} were logged: {string.Join("; ", errors)}");
        errors.Clear();
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string line = $"{logLevel} {category}: {formatter(state, exception)} {exception}";
            log.lines.Enqueue(line);
            if (logLevel >= LogLevel.Error)
                log.errors.Enqueue(line);
        }
    }
}
