using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

public class ResultsFileTests
{
    [Test]
    public void What_is_written_can_be_read()
    {
        PlayResult[] results =
        [
            new(Play("b"), Outcome.Failed, new(6, "Romeo receives: <a/>", "expected…"), "elsewhere", TimeSpan.Zero),
            new(Play("a"), Outcome.Passed, null, "passes, though the profile says…", TimeSpan.Zero),
            new(Play("e"), Outcome.Passed, null, null, TimeSpan.Zero, Play("e").Steps[0]),
            new(Play("d"), Outcome.Skipped, null, "the server does not offer x", TimeSpan.Zero),
            new(Play("c"), Outcome.Known, new(6, "Romeo receives:\t<b/>", "expected…"), "server wrong…", TimeSpan.Zero),
        ];
        var read = ResultsFile.Parse("x.tsv", ResultsFile.Of(results, "Server 1.0").ToString());
        Assert.Multiple(() =>
        {
            Assert.That(read.Software, Is.EqualTo("Server 1.0"));
            Assert.That(read.Date, Does.Match(@"^\d{4}-\d\d-\d\d$"));
            Assert.That(read.Lines, Is.EqualTo(new ResultLine[]
            {
                new("a", Outcome.Passed, ""),
                new("b", Outcome.Failed, "Romeo receives: <a/>"),
                new("c", Outcome.Known, "Romeo receives: <b/>"),
                new("d", Outcome.Skipped, "the server does not offer x"),
                new("e", Outcome.Passed, "ended early: Romeo connects"),
            }));
            Assert.That(read.Lines.Where(static line => line.IsEarly).Select(static line => line.Play), Is.EqualTo(new[] { "e" }));
        });
    }

    [TestCase("", "x.tsv:1: ")]
    [TestCase("a\tpass\t", "x.tsv:1: ")]
    [TestCase("# S 1\t2026-01-31\na\tpass", "x.tsv:2: ")]
    [TestCase("# S 1\t2026-01-31\na\tpass\t\nb\tperhaps\t", "x.tsv:3: ")]
    public void A_line_that_is_wrong_is_refused_and_said_where(string text, string place) =>
        Assert.That(() => ResultsFile.Parse("x.tsv", text), Throws.TypeOf<FormatException>().With.Message.StartsWith(place));

    private static Play Play(string name) => PlayParser.Parse(name, "# RFC 6121 §3: a rule\n# id: U-01\n[Client] Romeo romeo@{domain}\n---\nRomeo connects\n");
}
