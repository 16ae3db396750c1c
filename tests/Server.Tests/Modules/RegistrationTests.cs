using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0077 for who is logged in; creation is off here, as by default.</summary>
public sealed class RegistrationTests : ServerFixture
{
    private const string Ns = "jabber:iq:register";
    private static readonly Jid JulietJid = Jid.Parse("juliet@localhost");
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Options.Domains = ["localhost", "other.example"];

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
    }

    [TestCase("")]
    [TestCase(" to='localhost'")]
    [TestCase(" to='juliet@localhost'")]
    public async Task What_is_on_file(string to)
    {
        await juliet.SendAsync($"<iq type='get' id='1'{to}><query xmlns='{Ns}'/></iq>");
        await juliet.ExpectAsync($"<iq type='result' id='1'><query xmlns='{Ns}'><registered/><username>juliet</username><password/></query></iq>");
    }

    [TestCase("")]
    [TestCase(" to='localhost'")]
    public async Task A_new_password_is_what_logs_in_from_then_on(string to)
    {
        (await juliet.AskAsync($"<iq type='set' id='1'{to}><query xmlns='{Ns}'><username>Juliet</username><password>new secret</password></query></iq>")).ShouldBeDone();
        Account account = (await Server.Get<AccountStore>().FindAsync(JulietJid))!;
        Assert.That(account.Keys.Select(keys => keys.Hash), Is.EquivalentTo(Enum.GetValues<ScramHash>()));
        Assert.That(account.Keys.Select(keys => keys.Verify("new secret")), Is.All.True);
        Assert.That(account.Keys.Select(keys => keys.Verify("old secret")), Is.All.False);
    }

    [TestCase("<username>juliet</username>", "bad-request")]
    [TestCase("<username>juliet</username><password/>", "bad-request")]
    [TestCase("<password>new secret</password>", "bad-request")]
    [TestCase("<username>juliet</username><password>short</password>", "not-acceptable")]
    [TestCase("<username>juliet</username><password>juliet</password>", "not-acceptable")]
    [TestCase("<username>romeo</username><password>new secret</password>", "forbidden")]
    [TestCase("<username>nobody</username><password>new secret</password>", "forbidden")]
    [TestCase("<remove/><username>juliet</username>", "bad-request")]
    public async Task Refused_and_nothing_of_it_sent_back(string fields, string condition)
    {
        string answer = (await juliet.AskAsync($"<iq type='set' id='1' to='localhost'><query xmlns='{Ns}'>{fields}</query></iq>")).ToString();
        Assert.That(answer, Does.Contain(condition).And.Contain("type='error'").And.Not.Contain("secret"));
        Assert.That((await Server.Get<AccountStore>().FindAsync(JulietJid))!.Keys, Is.Empty);
    }

    [Test]
    public async Task A_password_is_changed_a_few_times_a_minute_and_no_more()
    {
        const string Change = $"<query xmlns='{Ns}'><username>juliet</username><password>new secret</password></query>";
        for (int i = 0; i < 5; i++) (await juliet.AskAsync($"<iq type='set' id='{i}'>{Change}</iq>")).ShouldBeDone();
        Assert.That((await juliet.AskAsync($"<iq type='set' id='6'>{Change}</iq>")).ToString(), Does.Contain("resource-constraint").And.Not.Contain("secret"));
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        (await juliet.AskAsync($"<iq type='set' id='7'>{Change}</iq>")).ShouldBeDone();
    }

    [Test]
    public async Task The_own_account_at_another_domain_of_ours_is_none()
    {
        (await juliet.AskAsync($"<iq type='get' id='1' to='other.example'><query xmlns='{Ns}'/></iq>")).ShouldBe("service-unavailable");
        (await juliet.AskAsync($"<iq type='set' id='2' to='other.example'><query xmlns='{Ns}'><remove/></query></iq>")).ShouldBe("service-unavailable");
        Assert.That(await Server.Get<AccountStore>().FindAsync(JulietJid), Is.Not.Null);
    }

    [Test, Property("Spec", "D-08")]
    public async Task Nobody_else_asks_or_cancels()
    {
        string her = (await juliet.AskAsync($"<iq type='set' id='1' to='romeo@localhost'><query xmlns='{Ns}'><remove/></query></iq>")).Faceless();
        string nobody = (await juliet.AskAsync($"<iq type='set' id='2' to='nobody@localhost'><query xmlns='{Ns}'><remove/></query></iq>")).Faceless();
        Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
        Assert.That(await Server.Get<AccountStore>().FindAsync(Jid.Parse("romeo@localhost")), Is.Not.Null);
    }

    [Test]
    public async Task Cancelling_answers_ends_every_stream_and_leaves_nothing()
    {
        await Server.BefriendAsync("juliet@localhost", "romeo@localhost");
        await juliet.DrainAsync();
        await juliet.AskAsync("<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>J</FN></vCard></iq>");
        TestClient chamber = await Server.ConnectAsync("juliet@localhost/chamber");
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await romeo.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        await juliet.DrainAsync();

        await juliet.SendAsync($"<iq type='set' id='1'><query xmlns='{Ns}'><remove/></query></iq>");
        await juliet.ExpectAsync("<presence type='unavailable' from='juliet@localhost/balcony'/>");
        (await juliet.ExpectAsync("<iq type='result' id='1'/>")).ShouldBeDone();
        await juliet.DisconnectAsync();
        await chamber.DisconnectAsync();
        foreach (TestClient client in new[] { juliet, chamber })
            Assert.That(client.Session.Outbox.CloseReason?.Condition, Is.EqualTo("not-authorized"));
        Assert.That(
            (await romeo.DrainAsync()).Where(stanza => stanza.LocalName == "presence" && stanza["from"]!.StartsWith("juliet", StringComparison.Ordinal)).Select(stanza => stanza["type"]),
            Is.EqualTo(new[] { "unavailable", "unsubscribe", "unsubscribed" }));
        string roster = (await romeo.AskAsync("<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>")).ToString();
        Assert.That(roster, Does.Contain("juliet@localhost").And.Contain("subscription='none'"));

        Assert.That(await Server.Get<AccountStore>().FindAsync(JulietJid), Is.Null);
        await Server.AddAccountsAsync("juliet@localhost");
        TestClient again = await Server.ConnectAsync("juliet@localhost/balcony");
        (await again.AskAsync("<iq type='get' id='v'><vCard xmlns='vcard-temp'/></iq>")).ShouldBe("item-not-found");
    }
}
