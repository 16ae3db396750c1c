using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

public class ProfileTests
{
    private static readonly Play Play = PlayParser.Parse("p", """
        # RFC 6121 §3: a rule
        # id: U-01
        [Client] Romeo romeo@{domain}
        ---
        Romeo connects
        Romeo sends:    <presence id='1'/>
        Romeo receives:   <presence id='1'/>
        Romeo receives in any order:
            <presence id='2'/>
            <presence id='3'/>
        Romeo receives nothing
        Romeo receives nothing
        """);

    [TestCase("Romeo connects", 5)]
    [TestCase("Romeo receives: <presence", 7, TestName = "Columns_do_not_matter")]
    [TestCase("any order: <presence id='2'/> <presence id='3'", 8, TestName = "What_stands_on_indented_lines_is_part_of_the_step")]
    [TestCase("Romeo receives nothing #2", 12, TestName = "The_second_step_of_two_that_are_alike")]
    public void A_failure_at_the_step_is_known_and_elsewhere_it_fails(string piece, int line)
    {
        var profile = Profile.Parse("x", $"# a comment\n\np | {piece} | server wrong | RFC 6121 §3: it does not\n");
        profile.Check([Play]);
        foreach (var step in Play.Steps)
        {
            var result = profile.Judge(Play, new(step.Line, step.Text, "expected…"), TimeSpan.Zero);
            Assert.That(result.Outcome, Is.EqualTo(step.Line == line ? Outcome.Known : Outcome.Failed), $"line {step.Line}");
        }

        Assert.That(profile.Judge(Play, new(12, Failure.End, "expected…"), TimeSpan.Zero).Outcome, Is.EqualTo(Outcome.Failed));
    }

    [Test]
    public void The_end_is_a_step_too()
    {
        var profile = Profile.Parse("x", $"p | {Failure.End} | server short of a SHOULD | RFC 6121 §3: more comes");
        profile.Check([Play]);
        Assert.Multiple(() =>
        {
            Assert.That(profile.Judge(Play, new(12, Failure.End, ""), TimeSpan.Zero).Outcome, Is.EqualTo(Outcome.Known));
            Assert.That(profile.Judge(Play, new(12, "Romeo receives nothing", ""), TimeSpan.Zero).Outcome, Is.EqualTo(Outcome.Failed));
        });
    }

    [Test]
    public void What_passes_though_it_is_listed_is_stale()
    {
        var profile = Profile.Parse("x", "p | Romeo connects | choice | RFC 6121 §3: it may");
        var result = profile.Judge(Play, null, TimeSpan.Zero);
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Passed));
            Assert.That(result.IsStale, Is.True);
            Assert.That(result.Reason, Does.StartWith("passes, though the profile says: choice: RFC 6121 §3"));
            Assert.That(Profile.None.Judge(Play, null, TimeSpan.Zero).IsStale, Is.False);
            Assert.That(Report.Summary([result, result with { Reason = null }]), Is.EqualTo("2 passed, 0 failed, 1 of the passed against the profile"));
        });
    }

    [Test]
    public void A_play_may_be_listed_with_several_steps()
    {
        var profile = Profile.Parse("x", "p | Romeo connects | server wrong | RFC 6121 §3: now\np | sends: | not built | RFC 6121 §3: or then");
        Assert.Multiple(() =>
        {
            Assert.That(profile.Judge(Play, new(5, "Romeo connects", ""), TimeSpan.Zero).Outcome, Is.EqualTo(Outcome.Known));
            Assert.That(profile.Judge(Play, new(6, Play.Steps[1].Text, ""), TimeSpan.Zero).Reason, Is.EqualTo("not built: RFC 6121 §3: or then"));
        });
    }

    [TestCase("p: a reason", "x.txt:1: expected 'play | piece")]
    [TestCase("\np | Romeo connects | wrong | RFC 6121 §3: why", "x.txt:2: 'wrong' is no verdict; there are: 'server wrong', ")]
    [TestCase("p | Romeo connects | server wrong | why", "x.txt:1: the last part is 'RFC section: why'")]
    [TestCase("q | Romeo connects | server wrong | RFC 6121 §3: why", "x.txt:1: there is no play q")]
    [TestCase("p | Romeo leaves | server wrong | RFC 6121 §3: why", "x.txt:1: p has no step with 'Romeo leaves'")]
    [TestCase("p | Romeo receives nothing | server wrong | RFC 6121 §3: why", "x.txt:1: 2 steps of p have 'Romeo receives nothing'")]
    [TestCase("p | Romeo receives nothing #3 | server wrong | RFC 6121 §3: why", "x.txt:1: p has no step with 'Romeo receives nothing #3'")]
    public void A_line_that_is_wrong_is_refused_and_said_where(string text, string problem) =>
        Assert.That(() => Profile.Parse("x", text).Check([Play]), Throws.TypeOf<FormatException>().With.Message.Contains(problem));

    [Test]
    public void A_profile_that_is_not_there_names_those_that_are() =>
        Assert.That(() => Profile.Read(Shipped.Profiles, "nobody"), Throws.TypeOf<FormatException>().With.Message.Contains("there are: ").And.Message.Contains("prosody"));

    [Test]
    public void Every_line_of_the_shipped_profiles_names_one_step_of_a_play()
    {
        var plays = Repertoire.Read(Shipped.Conformance);
        foreach (var file in Directory.EnumerateFiles(Shipped.Profiles, "*.txt"))
            Assert.That(() => Profile.Read(Shipped.Profiles, Path.GetFileNameWithoutExtension(file)).Check(plays), Throws.Nothing);
    }
}
