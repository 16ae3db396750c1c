using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

/// <summary>The page, from a source tree in small.</summary>
public class CoverageCommandTests
{
    private static readonly string[] Servers = ["presencexml", "prosody", "ejabberd"];
    private string root = "";

    [SetUp]
    public void SetUp()
    {
        root = Directory.CreateTempSubdirectory("coverage-").FullName;
        Directory.CreateDirectory(Path.Combine(root, "tests"));
        Write("conformance/checklist.tsv", "# id\tsection\tlevel\trule\tsee\nU-01\t1 One\tM\ta rule\t\nU-02\t1 One\tS\tanother | rule\t\nU-03\t2 Two\tM\tunseen\t\nsum\t2 Two\tM\tthe sum\tU-01, U-02\n");
        Write("conformance/reasons.tsv", "# id\treason\nU-03\tno wire shows it\n");
        Directory.CreateDirectory(Path.Combine(root, "conformance", "presencexml"));
        Play("p1", "U-01");
        Play("p2", "U-01");
        Play("p3", "U-02");
        foreach (var server in Servers)
        {
            Write($"conformance/profiles/{server}.txt", "# none\n");
            Results(server, "p1\tpass\t", "p2\tpass\t", "p3\tpass\t");
        }
    }

    [TearDown]
    public void TearDown() => Directory.Delete(root, recursive: true);

    [Test]
    public void Rules_stand_side_by_side_and_the_page_is_the_same_each_time()
    {
        Write("conformance/profiles/prosody.txt", "p2 | Romeo connects | server wrong | RFC 6121 §3: it drops <b/>\n");
        Results("prosody", "p1\tpass\tended early: Romeo may end", "p2\tknown\tRomeo connects", "p3\tskip\tno such feature");
        var (code, page, output) = Run();
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero, output);
            Assert.That(page, Does.Contain("| U-01 | M | a rule | `p1`, `p2` | pass | 1 of 2 fails: `p2` (server wrong) | pass |\n"));
            Assert.That(page, Does.Contain("| U-02 | S | another \\| rule | `p3` | pass | not offered | pass |\n"));
            Assert.That(page, Does.Contain("| U-03 | M | unseen | not covered: no wire shows it | – | – | – |\n"));
            Assert.That(page, Does.Contain("| sum | M | the sum | `p1`, `p2`, `p3` | pass | 1 of 3 fails: `p2` (server wrong) | pass |\n"));
            Assert.That(page, Does.Contain("### Server wrong: it breaks a MUST\n"));
            Assert.That(page, Does.Contain("| `p2` | Prosody | RFC 6121 §3 | it drops &lt;b/> | `Romeo connects` |\n"));
            Assert.That(page, Does.Contain("| Server of prosody 1 | 2026-01-31 | 1 | 1 | 1 | 0 | 1 | 1 | 0 | 0 | 0 |\n"));
            Assert.That(page, Does.Contain("| PresenceXml | must | 2 | 0 | 0 |\n| PresenceXml | should | 1 | 0 | 0 |\n"));
            Assert.That(page, Does.Contain("| Prosody | must | 0 | 2 | 0 |\n| Prosody | should | 0 | 0 | 1 |\n"));
            Assert.That(page, Does.Not.Contain("### Not read yet"));
            Assert.That(Run().Page, Is.EqualTo(page));
        });
    }

    [Test]
    public void Results_without_a_play_fail()
    {
        Play("p4", "U-02");
        AssertProblem("results/ejabberd.tsv lacks p4: conformance/peers/run.sh ejabberd --results conformance/results/ejabberd.tsv");
    }

    [Test]
    public void Results_of_a_play_that_is_gone_fail()
    {
        File.Delete(Path.Combine(root, "conformance", "scripts", "p2.xmpp"));
        AssertProblem("results/presencexml.tsv names what is no play: p2: dotnet run --project conformance -- --results conformance/results/presencexml.tsv");
    }

    [Test]
    public void Results_that_are_missing_fail()
    {
        File.Delete(Path.Combine(root, "conformance", "results", "prosody.tsv"));
        AssertProblem("results/prosody.tsv is missing");
    }

    [Test]
    public void A_failure_that_nobody_has_read_fails()
    {
        Results("ejabberd", "p1\tfail\tRomeo connects", "p2\tpass\t", "p3\tpass\t");
        AssertProblem("profiles/ejabberd.txt says nothing about what fails: p1");
        Assert.That(Run().Page, Does.Contain("### Not read yet\n\n- `p1` on ejabberd\n"));
    }

    [Test]
    public void A_need_that_no_server_meets_fails()
    {
        Write("conformance/scripts/p3.xmpp", "# RFC 6121 §3: a rule\n# id: U-02\n# needs: urn:xmpp:pnig\n[Client] Romeo romeo@{domain}\n---\nRomeo connects\n");
        Results("presencexml", "p1\tpass\t", "p2\tpass\t", "p3\tskip\tnot offered");
        Results("prosody", "p1\tpass\t", "p2\tpass\t", "p3\tskip\tnot offered");
        Assert.That(Run().Code, Is.Zero, "ejabberd has it");
        Results("ejabberd", "p1\tpass\t", "p2\tpass\t", "p3\tskip\tnot offered");
        AssertProblem("no server on record offers 'urn:xmpp:pnig', which p3 needs: is it spelt so?");
    }

    [Test]
    public void A_rule_that_nothing_covers_fails()
    {
        Write("conformance/reasons.tsv", "# id\treason\n");
        AssertProblem("open: U-03: unseen");
    }

    [Test]
    public void A_play_that_names_no_rule_is_refused_before_anything_is_performed()
    {
        Play("p4", "U-99");
        Assert.That(() => Run(), Throws.TypeOf<PlaySyntaxException>().With.Message.Contains("p4").And.Message.Contains("checklist.tsv has no line U-99"));
    }

    [Test]
    public void A_profile_about_a_play_that_passed_is_told()
    {
        Write("conformance/profiles/prosody.txt", "p2 | Romeo connects | server wrong | RFC 6121 §3: it drops <b/>\n");
        var (code, page, output) = Run();
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero);
            Assert.That(output, Does.Contain("profiles/prosody.txt:1: p2 passed in the run on record"));
            Assert.That(page, Does.Not.Contain("### Server wrong"));
        });
    }

    private void AssertProblem(string problem)
    {
        var (code, _, output) = Run();
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(output, Does.Contain(problem));
        });
    }

    private (int Code, string Page, string Output) Run()
    {
        var page = Path.Combine(root, "page.md");
        using var output = new StringWriter();
        var code = CoverageCommand.Run(root, page, output);
        return (code, File.ReadAllText(page), output.ToString());
    }

    private void Play(string name, string id) =>
        Write($"conformance/scripts/{name}.xmpp", $"# RFC 6121 §3: a rule\n# id: {id}\n[Client] Romeo romeo@{{domain}}\n---\nRomeo connects\n");

    private void Results(string server, params string[] lines) =>
        Write($"conformance/results/{server}.tsv", $"# Server of {server} 1\t2026-01-31\n{string.Concat(lines.Select(static line => line + "\n"))}");

    private void Write(string name, string text)
    {
        var file = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
