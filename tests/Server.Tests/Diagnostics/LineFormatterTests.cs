using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Server.Diagnostics;

namespace PresenceXml.Server.Tests.Diagnostics;

public sealed class LineFormatterTests
{
    private static string Format(LogLevel level, string category, string message, Exception? exception = null)
    {
        using var writer = new StringWriter();
        new LineFormatter(TimeProvider.System).Write(new LogEntry<string>(level, category, default, message, exception, static (state, _) => state), null, writer);
        return Regex.Replace(writer.ToString(), @"^\d\d:\d\d:\d\d ", "TIME ");
    }

    [TestCase(LogLevel.Information, "PresenceXml.Server.Streams.ClientListener", "TIME info  streams    hello\n")]
    [TestCase(LogLevel.Warning, "PresenceXml.Server.Commands.ControlServer", "TIME warn  commands   hello\n")]
    [TestCase(LogLevel.Critical, "Microsoft.Hosting.Lifetime", "TIME fatal microsoft  hello\n")]
    public void An_event_is_one_line_with_time_level_and_part(LogLevel level, string category, string line) =>
        Assert.That(Format(level, category, "hello"), Is.EqualTo(line));

    [Test]
    public void What_a_peer_sent_cannot_forge_a_line_or_move_the_cursor() =>
        Assert.That(Format(LogLevel.Information, "a", "x\r\n20:00:00 info  forged\u001b[2J\u2028y\u202Ez"), Is.EqualTo("TIME info  a          x\\u000D\\u000A20:00:00 info  forged\\u001B[2J\\u2028y\\u202Ez\n"));

    [Test]
    public void An_exception_stands_behind_the_message_and_its_stack_only_with_an_error()
    {
        Exception thrown = Assert.Throws<InvalidOperationException>(static () => throw new InvalidOperationException("no\nway", new IOException("disk")))!;
        Assert.That(Format(LogLevel.Warning, "a", "failed", thrown), Is.EqualTo("TIME warn  a          failed: InvalidOperationException: no\\u000Away\n"));
        string error = Format(LogLevel.Error, "a", "failed", thrown);
        Assert.That(error, Does.Contain("\n    at PresenceXml.").And.Contain("\n  because of IOException: disk").And.EndsWith("\n"));
    }
}
