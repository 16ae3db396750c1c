using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

/// <summary>The plays that are shipped.</summary>
public class ScriptsTests
{
    [Test]
    public void Every_play_can_be_read_and_expects_something()
    {
        var plays = Repertoire.Read(Shipped.Conformance);
        Assert.That(plays, Has.Count.GreaterThan(200));
        Assert.Multiple(() =>
        {
            foreach (var play in plays)
                Assert.That(play.Steps.Any(static step => step.Kind.ToString().StartsWith("Receives", StringComparison.Ordinal)
                    || step.Kind is StepKind.StreamCloses or StepKind.ConnectionCloses or StepKind.ValuesDiffer or StepKind.ValuesEqual), play.Name);
        });
    }

    [Test]
    public void Time_decides_only_where_the_play_says_why()
    {
        foreach (var file in Directory.EnumerateFiles(Shipped.Conformance, "*.xmpp", SearchOption.AllDirectories))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (lines[i].EndsWith(" ms", StringComparison.Ordinal))
                    Assert.That(lines[i - 1], Does.StartWith("#"), $"{file}:{i + 1}");
            }
        }
    }
}
