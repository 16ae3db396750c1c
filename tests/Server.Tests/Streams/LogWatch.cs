using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Keeps what was logged. An Error that a test did not announce fails it.</summary>
internal sealed class LogWatch : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    /// <summary>Set by a test that provokes an error of ours.</summary>
    public bool ExpectsErrors { get; set; }

    /// <summary>Called with each line, by who logs it.</summary>
    public Action<string>? Logged { get; set; }

    public IEnumerable<string> Lines(LogLevel least) => lines.Where(line => line.Level >= least).Select(line => line.Text);

    public void AssertNoErrors()
    {
        if (!ExpectsErrors) Assert.That(Lines(LogLevel.Error), Is.Empty, "errors logged");
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
    }

    private void Take(LogLevel level, string text)
    {
        lines.Enqueue((level, text));
        Logged?.Invoke(text);
    }

    private sealed class Logger(LogWatch watch) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            watch.Take(logLevel, formatter(state, exception) + (exception is null ? "" : " " + exception));
    }
}
