using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

public class CommandLineTests
{
    private static readonly Play Play = PlayParser.Parse(
        "6121-3.1-request",
        "# RFC 6121 §3: a rule\n# id: U-01\n# needs: tls, PLAIN\n[Client] Romeo romeo@{domain}\n[Client] Phone romeo@{domain}/phone\n[Client] Juliet juliet@{domain}\n[Nobody] Ghost ghost@{domain}\n---\nRomeo connects\n");

    [TestCase("6121-3", true)]
    [TestCase("REQUEST", true)]
    [TestCase("6120", false)]
    public void Only_takes_a_beginning_or_any_piece(string text, bool wanted) =>
        Assert.That(RunOptions.Parse(["--only", text]).Wants(Play), Is.EqualTo(wanted));

    [Test]
    public void Several_pieces_are_one_or_the_other() =>
        Assert.That(RunOptions.Parse(["--only", "6120", "--only", "3.1"]).Wants(Play), Is.True);

    [TestCase("no such option: --onyl", "--onyl", "x")]
    [TestCase("--only needs a value", "--only")]
    [TestCase("--port needs a number above 0", "--port", "http")]
    [TestCase("--tls is starttls, direct or none", "--tls", "ssl")]
    [TestCase("say how accounts are made", "--host", "h")]
    [TestCase("ports, --domain, --accounts, --register and --account-command go with --host", "--register")]
    [TestCase("ports, --domain, --accounts, --register and --account-command go with --host", "--port", "5222")]
    [TestCase("--mutants and --seed go with --mutate", "--mutants", "3")]
    [TestCase("--results is about all plays", "--results", "f", "--only", "6121")]
    public void What_cannot_be_understood_is_said(string problem, params string[] args) =>
        Assert.That(() => RunOptions.Parse(args), Throws.TypeOf<FormatException>().With.Message.StartsWith(problem));

    [Test]
    public void A_list_needs_no_server() => Assert.That(RunOptions.Parse(["--list", "--host", "h"]).List, Is.True);

    [Test]
    public void The_list_has_names_titles_and_needs() =>
        Assert.That(Report.Listing([Play]).ReplaceLineEndings("\n"), Is.EqualTo("6121-3.1-request\n    RFC 6121 §3: a rule\n    needs tls, PLAIN"));

    [Test]
    public void A_failure_tells_rule_step_and_problem()
    {
        var text = Report.Line(new(Play, Outcome.Failed, new(9, "Romeo connects", "expected: x\ncame:     y"), null, TimeSpan.Zero), 7, 300);
        Assert.That(text.ReplaceLineEndings("\n"), Is.EqualTo(
            "  7/300 FAIL   6121-3.1-request\n    RFC 6121 §3: a rule (U-01)\n    line 9: Romeo connects\n    expected: x\n    came:     y"));
    }

    [Test]
    public void Accounts_are_read_from_lines_of_address_and_password()
    {
        var accounts = AccountsFile.Parse("f", "# a comment\n\na@example.org secret\nb@example.org,with space \n", "example.org");
        Assert.That(accounts, Is.EqualTo(new Account[] { new("a", "example.org", "secret"), new("b", "example.org", "with space") }));
    }

    [TestCase("a@example.org x\nb@example.com x", "f:2: b@example.com is not in example.org")]
    [TestCase("a@example.org", "f:1: expected 'local@domain password'")]
    [TestCase("a x", "f:1: expected 'local@domain password'")]
    [TestCase("a@example.org x\na@example.org y", "f:2: a@example.org is there twice")]
    public void An_account_that_is_none_is_said_with_its_line(string text, string problem) =>
        Assert.That(() => AccountsFile.Parse("f", text, "example.org"), Throws.TypeOf<FormatException>().With.Message.StartsWith(problem));

    [Test]
    public void A_file_that_cannot_be_read_is_said() =>
        Assert.That(() => AccountsFile.Read("/nowhere/accounts", "example.org"), Throws.TypeOf<FormatException>().With.Message.StartsWith("the accounts cannot be read: "));

    [Test]
    public void Each_play_takes_fresh_accounts_and_too_few_are_said()
    {
        Account[] three = [new("a", "example.org", "1"), new("b", "example.org", "2"), new("c", "example.org", "3")];
        var casting = Casting.FromPool([Play], "example.org", three);
        Assert.Multiple(() =>
        {
            Assert.That(casting.Accounts, Is.EquivalentTo(three));
            Assert.That(casting.For(Play).Keys, Is.EquivalentTo(new[] { "romeo", "juliet", "ghost" }));
            Assert.That(() => Casting.FromPool([Play, Play], "example.org", three), Throws.TypeOf<FormatException>().With.Message.EqualTo("these plays need 5 accounts, and 3 are given"));
        });
    }
}
