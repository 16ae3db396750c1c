using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>What the log is told of links that cannot be opened.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FailureLinesTests : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly CapturedLog log = new();
    private readonly FailureLines lines;

    public FailureLinesTests() => lines = new FailureLines(log.CreateLogger("links"), clock);

    public void Dispose() => log.Dispose();

    private static DomainPair To(int number) => new("one.test", $"dead{number}.test");

    private LinkFailure Failure(string reason, string? remedy = null) => new(clock.GetUtcNow(), LinkStep.Connect, reason, StanzaError.RemoteServerTimeout) { Remedy = remedy };

    [Test]
    public void One_line_tells_where_why_and_what_would_mend_it_and_the_same_is_not_told_again()
    {
        LinkFailure first = Failure("Nobody listens.", "start it"), same = Failure("Nobody listens.", "start it"), other = Failure("No answer.");
        lines.Tell(To(1), first, null, 3, TimeSpan.FromSeconds(30));
        lines.Tell(To(1), same, first, 1, TimeSpan.FromSeconds(60));
        lines.Tell(To(1), other, same, 0, TimeSpan.FromSeconds(60));
        Assert.That(log.Lines.Select(static line => line.Trim()), Is.EqualTo(new[]
        {
            $"{LogLevel.Information} links: Link one.test to dead1.test cannot be opened (Connect): Nobody listens. To mend it: start it. 3 stanzas went back; next attempt in 30 s at the earliest",
            $"{LogLevel.Information} links: Link one.test to dead1.test cannot be opened (Connect): No answer. 0 stanzas went back; next attempt in 60 s at the earliest",
        }));
    }

    [Test]
    public void Of_thousands_of_dead_domains_some_are_told_and_the_others_counted()
    {
        for (int i = 0; i < 5000; i++) lines.Tell(To(i), Failure("Nobody listens."), null, 1, TimeSpan.FromSeconds(30));
        Assert.That(log.Lines, Has.Count.EqualTo(FailureLines.MostAMinute));
        lines.Tick();
        clock.Advance(TimeSpan.FromSeconds(61));
        lines.Tick();
        Assert.That(log.Lines.Last(), Does.Contain($"{5000 - FailureLines.MostAMinute} more links could not be opened"));
        lines.Tell(To(1), Failure("Nobody listens."), null, 1, TimeSpan.FromSeconds(30));
        clock.Advance(TimeSpan.FromSeconds(61));
        lines.Tick();
        Assert.That(log.Lines, Has.Count.EqualTo(FailureLines.MostAMinute + 2));
    }
}
