using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Commands;
using PresenceXml.Storage;

namespace PresenceXml.Server.Tests.Commands;

public sealed class UserCommandsTests
{
    private CommandFixture fixture = null!;

    [SetUp]
    public void SetUp() => fixture = new CommandFixture();

    [TearDown]
    public void TearDown() => fixture.Dispose();

    [Test]
    public async Task Add_without_a_store_says_so_and_makes_none()
    {
        Assert.That(await fixture.RefusedAsync("user add romeo@localhost --password secret99"), Does.StartWith($"presencexml: there is no store in {fixture.Data}"));
        Assert.That(Directory.Exists(fixture.Data), Is.False);
    }

    [TestCase("--password secret99", "")]
    [TestCase("--password-stdin", "secret99\nrest")]
    public async Task Add_derives_keys_for_each_hash_and_keeps_no_password(string option, string input)
    {
        Assert.That(await fixture.DoAsync($"user add Romeo@LOCALHOST {option} --create", input), Is.EqualTo("romeo@localhost added." + Environment.NewLine));
        Account account = (await fixture.FindAsync("romeo@localhost"))!;
        Assert.That(account.Keys.Select(static key => key.Hash), Is.EquivalentTo(new[] { ScramHash.Sha512, ScramHash.Sha256, ScramHash.Sha1 }));
        Assert.That(account.Keys.All(static key => key.Verify("secret99") && key.Iterations == 4096 && key.Salt.Length == 16));
        Assert.That(account.Keys.Select(static key => Convert.ToHexString(key.Salt.Span)).Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public async Task Without_a_password_and_a_terminal_one_is_made_up_and_printed()
    {
        string output = await fixture.DoAsync("user add romeo@localhost --create");
        string password = output.Split("Password: ")[1].Trim();
        Assert.That((await fixture.FindAsync("romeo@localhost"))!.Keys[0].Verify(password), Is.True);
    }

    [Test]
    public async Task On_a_terminal_it_is_asked_for_twice()
    {
        fixture.Terminal = new Queue<string>(["secret99", "secret98", "secret99", "secret99"]);
        Assert.That(await fixture.RefusedAsync("user add romeo@localhost --create"), Is.EqualTo("presencexml: the two passwords differ"));
        await fixture.DoAsync("user add romeo@localhost --create");
        Assert.That((await fixture.FindAsync("romeo@localhost"))!.Keys[0].Verify("secret99"), Is.True);
    }

    [TestCase("short", "the password is shorter than 6 characters")]
    [TestCase("aaaaaaaa", "the password is one character over and over")]
    [TestCase("ROMEOMONTAGUE", "the password is the name of the account")]
    [TestCase("romeomontague@localhost", "the password is the name of the account")]
    [TestCase("", "the password is empty")]
    [TestCase("secret\u0007bell", "the password has characters that none may have (RFC 8265 §4.2)")]
    [Property("Spec", "A-17")]
    public async Task A_17_trivially_weak_passwords_are_refused(string password, string reason) =>
        Assert.That(await fixture.RefusedAsync("user add romeomontague@localhost --password-stdin --create", password), Is.EqualTo("presencexml: " + reason));

    [TestCase("localhost", "\"localhost\" is no address such as juliet@localhost")]
    [TestCase("a@localhost/x", "\"a@localhost/x\" is no address such as juliet@localhost")]
    [TestCase("a@other.example", "a@other.example: the server does not serve other.example, only localhost, b.example")]
    public async Task An_address_that_cannot_be_is_refused(string jid, string reason) =>
        Assert.That(await fixture.RefusedAsync($"user add {jid} --password secret99 --create"), Is.EqualTo("presencexml: " + reason));

    [Test]
    public async Task An_account_that_exists_is_left_alone()
    {
        await fixture.DoAsync("user add romeo@localhost --password secret99 --create");
        Assert.That(await fixture.RefusedAsync("user add romeo@localhost --password secret98"), Does.Contain("exists already"));
        Assert.That((await fixture.FindAsync("romeo@localhost"))!.Keys[0].Verify("secret99"), Is.True);
    }

    [Test]
    public async Task Passwd_sets_another_password()
    {
        await fixture.DoAsync("user add romeo@localhost --password secret99 --create");
        await fixture.DoAsync("user passwd romeo@localhost --password secret98");
        Account account = (await fixture.FindAsync("romeo@localhost"))!;
        Assert.That(account.Keys.All(static key => key.Verify("secret98")));
        Assert.That(await fixture.RefusedAsync("user passwd juliet@localhost --password secret98"), Is.EqualTo("presencexml: there is no account juliet@localhost"));
    }

    [Test]
    public async Task List_prints_each_domain_or_one()
    {
        foreach (string jid in new[] { "romeo@localhost", "juliet@localhost", "nurse@b.example" }) await fixture.DoAsync($"user add {jid} --password secret99 --create");
        Assert.That((await fixture.DoAsync("user list")).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "juliet@localhost", "romeo@localhost", "nurse@b.example" }));
        Assert.That((await fixture.DoAsync("user list B.example")).Trim(), Is.EqualTo("nurse@b.example"));
    }

    [Test]
    public async Task Delete_leaves_nothing_here_or_with_others()
    {
        Jid romeo = Jid.Parse("romeo@localhost"), juliet = Jid.Parse("juliet@localhost"), nurse = Jid.Parse("nurse@b.example");
        foreach (Jid jid in new[] { romeo, juliet, nurse }) await fixture.DoAsync($"user add {jid} --password secret99 --create");
        await using (StorageEngine engine = await CommandFixture.OpenAsync(fixture.Data, create: false))
        {
            var rosters = new RosterStore(engine);
            var batch = new StorageBatch();
            rosters.Save(batch, juliet, new RosterItem(romeo) { State = SubscriptionState.Both, InRoster = true, Name = "R", Version = 1 }, 1);
            rosters.Save(batch, nurse, new RosterItem(romeo) { State = SubscriptionState.NonePendingIn, PendingRequest = "<presence/>"u8.ToArray() }, 0);
            rosters.Save(batch, romeo, new RosterItem(juliet) { State = SubscriptionState.Both, InRoster = true, Version = 1 }, 1);
            await engine.Commit(batch);
        }

        Assert.That(await fixture.DoAsync("user services romeo@localhost"), Is.EqualTo("romeo@localhost: presence on, messages on." + Environment.NewLine));
        Assert.That(await fixture.DoAsync("user services romeo@localhost --presence off"), Is.EqualTo("romeo@localhost: presence off, messages on." + Environment.NewLine));
        Assert.That(await fixture.DoAsync("user services romeo@localhost --presence on --messages off"), Is.EqualTo("romeo@localhost: presence on, messages off." + Environment.NewLine));
        Assert.That(await fixture.DoAsync("user services romeo@localhost"), Does.Contain("messages off"));
        Assert.That(await fixture.RefusedAsync("user services nobody@localhost"), Does.Contain("there is no account"));
        Assert.That(await fixture.DoAsync("user delete romeo@localhost"), Is.EqualTo("romeo@localhost deleted." + Environment.NewLine));
        Assert.That(await fixture.FindAsync("romeo@localhost"), Is.Null);
        await using (StorageEngine engine = await CommandFixture.OpenAsync(fixture.Data, create: false))
        {
            var rosters = new RosterStore(engine);
            Roster of = await rosters.LoadAsync(juliet);
            Assert.That(of.Items.Single(), Has.Property(nameof(RosterItem.State)).EqualTo(SubscriptionState.None).And.Property(nameof(RosterItem.Name)).EqualTo("R"));
            Assert.That(of.Version, Is.EqualTo(2), "clients with roster versioning are to learn of it");
            Assert.That((await rosters.LoadAsync(nurse)).Items, Is.Empty);
            Assert.That((await rosters.LoadAsync(romeo)).Items, Is.Empty);
        }
        Assert.That(await fixture.RefusedAsync("user delete romeo@localhost"), Is.EqualTo("presencexml: there is no account romeo@localhost"));
    }

    [Test]
    public async Task Import_takes_passwords_and_ready_keys()
    {
        ScramKeys ready = ScramKeys.Derive(ScramHash.Sha1, "pencil", "saltsalt"u8, 5000);
        fixture.Write("users.csv", $"JID,Password,Keys\r\nromeo@localhost,\"a \"\"secret\"\", 99\"\r\n\r\njuliet@localhost,,{ScramKeyText.Format([ready])}\nnurse@b.example,x\n");
        await fixture.DoAsync("user add nurse@b.example --password secret99 --create");
        Assert.That(await fixture.DoAsync("user import users.csv"), Does.StartWith("2 accounts added, 1 existed already and were left alone."));
        Assert.That((await fixture.FindAsync("romeo@localhost"))!.Keys.All(static key => key.Verify("a \"secret\", 99")));
        ScramKeys stored = (await fixture.FindAsync("juliet@localhost"))!.Keys.Single();
        Assert.That((stored.Hash, stored.Iterations, stored.Verify("pencil")), Is.EqualTo((ScramHash.Sha1, 5000, true)));
        Assert.That((await fixture.FindAsync("nurse@b.example"))!.Keys[0].Verify("secret99"), Is.True);
    }

    [Test]
    public async Task Import_may_derive_with_other_rounds_but_not_fewer_than_the_RFC_wants()
    {
        fixture.Write("users.csv", "romeo@localhost,secret99\n");
        Assert.That(await fixture.RefusedAsync("user import users.csv --create --iterations 4095"), Is.EqualTo("presencexml: --iterations: expected 4096 or more (RFC 7677 §4), not 4095"));
        await fixture.DoAsync("user import users.csv --create --iterations 5000");
        Assert.That((await fixture.FindAsync("romeo@localhost"))!.Keys.All(static key => key.Iterations == 5000 && key.Verify("secret99")));
    }

    [TestCase("a@localhost", "users.csv:2: expected jid,password or jid,,keys")]
    [TestCase("a@localhost,x,y,z", "users.csv:2: expected jid,password or jid,,keys")]
    [TestCase("a@localhost,", "users.csv:2: expected either a password or keys")]
    [TestCase("a@localhost,,SCRAM-SHA-1:1:AAAA:AAAA:AAAA", "users.csv:2: expected keys as mechanism:iterations:salt:storedKey:serverKey, several joined by \";\"")]
    [TestCase("localhost,x", "users.csv:2: \"localhost\" is no address such as name@example.org")]
    [TestCase("\"ok\"@localhost,x", "users.csv:2: something stands behind a closed quotation mark")]
    [TestCase("a@localhost,\"x", "users.csv:2: a quotation mark is not closed")]
    [TestCase("ok@localhost,x", "users.csv:2: ok@localhost stands here twice")]
    [TestCase("a@other.example,x", "a@other.example: the server does not serve other.example, only localhost, b.example")]
    public async Task Nothing_is_imported_of_a_file_with_an_error(string line, string problem)
    {
        fixture.Write("users.csv", $"ok@localhost,secret99\n{line}\n");
        await fixture.DoAsync("user add first@localhost --create --password secret99");
        Assert.That(await fixture.RefusedAsync("user import users.csv"), Is.EqualTo("presencexml: " + problem));
        Assert.That((await fixture.DoAsync("user list localhost")).Trim(), Is.EqualTo("first@localhost"));
    }

    [Test]
    public async Task A_store_in_use_without_a_socket_is_named()
    {
        await fixture.DoAsync("user add romeo@localhost --create --password secret99");
        await using StorageEngine engine = await CommandFixture.OpenAsync(fixture.Data, create: false);
        Assert.That(await fixture.RefusedAsync("user list"), Does.Contain("in use"));
    }
}
