using System.Net.Security;
using PresenceXml.Conformance.Mutation;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

/// <summary>A play that looks finds the mistakes of a broken server, one that does not look is told.</summary>
public class MutationTests
{
    private const string Cast = "# a test\n# id: X\n[Client] Romeo romeo@{domain}\n[Client] Juliet juliet@{domain}\n[Client] Nurse nurse@{domain}\n---\nRomeo connects\nJuliet connects\nNurse connects\n";

    private const string Watchful = Cast + """
        Romeo sends:     <message to='{Juliet full}' id='1'><body>one</body></message><message to='{Juliet full}' id='2'/>
        Juliet receives: <message from='{Romeo full}' to='{Juliet full}' type='{absent}' id='1'><body>one</body></message>
        Juliet receives: <message from='{Romeo full}' to='{Juliet full}' type='{absent}' id='2'/>
        Romeo receives nothing
        Juliet receives nothing
        Nurse receives nothing
        """;

    private static readonly SslStreamCertificateContext Certificate = ProxyCertificate.Create("example.org");

    [Test]
    public async Task A_play_that_looks_finds_every_mistake()
    {
        var outcome = await MutateAsync(Watchful);
        Assert.Multiple(() =>
        {
            Assert.That(outcome.Results.Where(static result => result.Fate != MutantFate.Killed).Select(static result => $"{result.Mutant.Operator}: {result.Fate}"), Is.Empty);
            Assert.That(
                outcome.Results.Select(static result => result.Mutant.Operator).Distinct(),
                Is.SupersetOf((string[])["drop", "answer twice", "reorder", "silence", "hang up", "to", "from", "type", "id", "text", "answer where nothing is due", "deliver to the wrong client"]));
            Assert.That(outcome.Rate, Is.EqualTo(100));
            Assert.That(outcome.IsGood);
        });
    }

    [Test]
    public async Task A_play_that_asserts_nothing_survives_every_mistake_and_is_told()
    {
        var outcome = await MutateAsync(Cast + """
            Romeo sends: <message to='{Juliet full}' id='1'><body>one</body></message>
            Juliet ignores: <message id='1'/>
            """);
        Assert.Multiple(() =>
        {
            Assert.That(outcome.Results, Is.Not.Empty);
            Assert.That(outcome.Results.Select(static result => result.Fate), Has.None.EqualTo(MutantFate.Killed));
            Assert.That(outcome.Blind.Select(static play => play.Name), Is.EqualTo((string[])["test"]));
            Assert.That(outcome.Rate, Is.Zero);
            Assert.That(outcome.IsGood, Is.False);
            Assert.That(MutationReport.Text(outcome), Does.Contain("NOTHING KILLED: test"));
            Assert.That(MutationReport.Markdown(outcome, "a server"), Does.Contain("## Plays of which no mutant was killed"));
        });
    }

    [Test]
    public async Task What_is_forgotten_by_settling_is_no_site()
    {
        var outcome = await MutateAsync(Cast + """
            Romeo sends: <message to='{Juliet full}' id='1'/>
            everybody settles
            Juliet receives nothing
            """);
        Assert.That(outcome.Results, Is.Empty);
        Assert.That(outcome.IsGood, Is.False);
    }

    [Test]
    public async Task A_play_that_looks_away_lets_mistakes_pass()
    {
        var outcome = await MutateAsync(Cast + """
            Romeo sends:     <message to='{Juliet full}' id='1'><body>one</body></message>
            Juliet receives: <message id='1'/>
            """);
        var survivors = outcome.Results.Where(static result => result.Fate == MutantFate.Survived).Select(static result => result.Mutant.Operator);
        Assert.That(survivors, Is.EquivalentTo((string[])["from", "type", "text", "drop a child"]));
        Assert.That(outcome.SharpRate, Is.EqualTo(100), "the id is looked at");
        Assert.That(outcome.IsGood);
        Assert.That(MutationReport.Markdown(outcome, "a server"), Does.Contain("## Survivors of test").And.Contain("**from**"));
    }

    [Test]
    public async Task A_play_that_fails_by_itself_is_told_apart()
    {
        var outcome = await MutateAsync(Cast + "Juliet receives: <message id='1'/>");
        Assert.Multiple(() =>
        {
            Assert.That(outcome.Plays, Is.Empty);
            Assert.That(outcome.Failed, Has.Count.EqualTo(1));
            Assert.That(outcome.IsGood, Is.False);
        });
    }

    [Test]
    public async Task What_is_compared_is_made_the_same()
    {
        var outcome = await MutateAsync(
            "# a test\n# id: X\n[Client] Romeo romeo@{domain}\n[Client] Phone romeo@{domain}\n---\nRomeo connects\nPhone connects\n"
            + "{Romeo full} is not {Phone full}\n{Romeo stream-id} is not {Phone stream-id}");
        Assert.That(
            outcome.Results.Select(static result => (result.Mutant.Operator, result.Fate)),
            Is.EquivalentTo(((string, MutantFate)[])[("header id", MutantFate.Killed), ("bound resource", MutantFate.Killed)]));
    }

    [Test]
    public async Task A_sample_takes_so_many_of_a_play_and_every_operator()
    {
        var all = (await RehearseAsync(Watchful)).Mutants;
        var six = Sample.Of(all, 6, seed: 7);
        Assert.Multiple(() =>
        {
            Assert.That(six, Has.Count.EqualTo(6));
            Assert.That(six.Select(static mutant => mutant.Operator), Is.Unique);
            Assert.That(Sample.Of(all, 6, seed: 7), Is.EqualTo(six));
            Assert.That(Sample.Of(all, 1000, seed: 7), Is.EquivalentTo(all));
        });
    }

    private static async Task<Rehearsal> RehearseAsync(string text)
    {
        await using var server = Serve();
        var play = PlayParser.Parse("test", text);
        return await Run().RehearseAsync(play, At(server), Accounts(play), CancellationToken.None);
    }

    private static async Task<MutationOutcome> MutateAsync(string text)
    {
        await using var server = Serve();
        var play = PlayParser.Parse("test", text);
        var rehearsal = await Run().RehearseAsync(play, At(server), Accounts(play), CancellationToken.None);
        var results = new List<MutantResult>();
        foreach (var mutant in rehearsal.Mutants)
            results.Add(await Run().PerformAsync(mutant, rehearsal, At(server), Accounts(play), CancellationToken.None));
        var (plays, failed) = rehearsal.Failure is { } failure
            ? ((Play[])[], ((Play, Failure, string?)[])[(play, failure, null)])
            : ([play], []);
        return new(plays, 0, failed, results, 0, []);
    }

    private static MischievousServer Serve()
    {
        var server = new MischievousServer(static stanza => [stanza]);
        server.Start();
        return server;
    }

    private static MutationRun Run() => new(Certificate, TimeSpan.FromSeconds(0.5), seed: 1);

    private static Venue At(MischievousServer server) =>
        new("127.0.0.1", server.Port, null, "example.org", TlsMode.None, Insecure: true, TimeSpan.FromSeconds(2));

    private static Dictionary<string, Account> Accounts(Play play) =>
        play.Cast.DistinctBy(static member => member.Local).ToDictionary(static member => member.Local, static member => new Account(member.Local, "example.org", "secret"));
}
