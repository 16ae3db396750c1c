using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Archive;
using PresenceXml.Server.Routing;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>XEP-0441 0.2.0: what an account says of its archive, and what becomes of a message that is not to be in it.</summary>
public sealed class PreferencesTests : ServerFixture
{
    private readonly ArchiveOptions options = new() { MaxItems = 3 };
    private TestClient romeo = null!;
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        options.Default = "always";
        settings.ModuleOptions.Set("archive", options);
    }

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "tybalt@localhost");
        await ReconnectAsync();
    }

    private async Task ReconnectAsync()
    {
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
    }

    private static string Prefs(string byDefault, string always = "", string never = "") =>
        $"<prefs xmlns='{Ns}' default='{byDefault}'><always>{Jids(always)}</always><never>{Jids(never)}</never></prefs>";

    private static string Jids(string list) => string.Concat(list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(jid => $"<jid>{jid}</jid>"));

    private static async Task SetAsync(TestClient client, string prefs) =>
        Assert.That((await client.AskAsync($"<iq type='set' id='p'>{prefs}</iq>"))["type"], Is.EqualTo("result"));

    private static async Task<string> GetAsync(TestClient client) =>
        (await client.AskAsync($"<iq type='get' id='p'><prefs xmlns='{Ns}'/></iq>")).Children.Single().ToString();

    private async Task SayAsync(TestClient from, string to, string body)
    {
        await from.SendAsync($"<message to='{to}' type='chat'><body>{body}</body></message>");
        await from.DrainAsync();
    }

    [Test]
    public async Task Everything_is_archived_until_something_else_is_said()
    {
        Assert.That(await GetAsync(juliet), Is.EqualTo(Text(Prefs("always"))));
        options.Default = "roster";
        await Server.RestartAsync();
        await ReconnectAsync();
        Assert.That(await GetAsync(juliet), Is.EqualTo(Text(Prefs("roster"))));
    }

    [Test]
    public async Task What_was_set_is_answered_kept_and_told_again()
    {
        Element answer = await juliet.AskAsync($"<iq type='set' id='p'>{Prefs("roster", "Romeo@LOCALHOST romeo@localhost tybalt@localhost", "tybalt@localhost romeo@localhost/x")}</iq>");
        string told = Text(Prefs("roster", "romeo@localhost", "romeo@localhost/x tybalt@localhost"));
        Assert.That(answer.Children.Single().ToString(), Is.EqualTo(told));
        Assert.That(await GetAsync(juliet), Is.EqualTo(told));
        await Server.RestartAsync();
        await ReconnectAsync();
        Assert.That(await GetAsync(juliet), Is.EqualTo(told));
        Assert.That(await GetAsync(romeo), Is.EqualTo(Text(Prefs("always"))), "hers alone");
        // Lists that are missing are empty.
        await SetAsync(juliet, $"<prefs xmlns='{Ns}' default='never'/>");
        Assert.That(await GetAsync(juliet), Is.EqualTo(Text(Prefs("never"))));
    }

    [TestCase("<prefs xmlns='urn:xmpp:mam:2'/>", "bad-request")]
    [TestCase("<prefs xmlns='urn:xmpp:mam:2' default='sometimes'/>", "bad-request")]
    [TestCase("<prefs xmlns='urn:xmpp:mam:2' default='always'><often/></prefs>", "bad-request")]
    [TestCase("<prefs xmlns='urn:xmpp:mam:2' default='always'><never><item>a@b</item></never></prefs>", "bad-request")]
    [TestCase("<prefs xmlns='urn:xmpp:mam:2' default='always'><never><jid>a@b@c</jid></never></prefs>", "jid-malformed")]
    [TestCase("<prefs xmlns='urn:xmpp:mam:2' default='always'><always><jid/></always></prefs>", "jid-malformed")]
    [TestCase("<prefs xmlns='urn:xmpp:mam:2' default='always'><always><jid>a@b</jid><jid>c@d</jid></always><never><jid>e@f</jid><jid>g@h</jid></never></prefs>", "policy-violation")]
    public async Task What_is_not_in_order_changes_nothing(string prefs, string condition)
    {
        await SetAsync(juliet, Prefs("roster"));
        (await juliet.AskAsync($"<iq type='set' id='p'>{prefs}</iq>")).ShouldBe(condition);
        Assert.That(await GetAsync(juliet), Is.EqualTo(Text(Prefs("roster"))));
    }

    [TestCase("always", "", "", "romeo@localhost/orchard", true)]
    [TestCase("never", "", "", "romeo@localhost/orchard", false)]
    [TestCase("never", "romeo@localhost", "", "romeo@localhost/orchard", true)]
    [TestCase("never", "romeo@localhost/orchard", "", "romeo@localhost/orchard", true)]
    [TestCase("never", "romeo@localhost/orchard", "", "romeo@localhost/other", false)]
    [TestCase("always", "", "romeo@localhost", "romeo@localhost/orchard", false)]
    [TestCase("always", "", "romeo@localhost/orchard", "romeo@localhost/orchard", false)]
    [TestCase("always", "", "romeo@localhost/orchard", "romeo@localhost/other", true)]
    [TestCase("always", "romeo@localhost/orchard", "romeo@localhost", "romeo@localhost/orchard", true)]
    [TestCase("always", "romeo@localhost", "romeo@localhost/orchard", "romeo@localhost/orchard", false)]
    [TestCase("always", "romeo@localhost", "romeo@localhost", "romeo@localhost/orchard", false)]
    [TestCase("always", "", "localhost", "romeo@localhost/orchard", true)]
    [TestCase("roster", "", "", "romeo@localhost/orchard", false)]
    [TestCase("roster", "romeo@localhost", "", "romeo@localhost/orchard", true)]
    public async Task Who_receives_decides_by_the_sender(string byDefault, string always, string never, string from, bool isKept)
    {
        await SetAsync(juliet, Prefs(byDefault, always, never));
        TestClient sender = from == romeo.Address.ToString() ? romeo : await Server.LoginAsync(from);
        await SayAsync(sender, Play.Juliet, "b");
        await juliet.ExpectAsync("<message><body>b</body></message>");
        Assert.That((await juliet.QueryAsync()).Bodies, isKept ? Is.EqualTo(new[] { "b" }) : Is.Empty);
        Assert.That((await sender.QueryAsync()).Bodies, Is.EqualTo(new[] { "b" }));
    }

    [TestCase("romeo@localhost/orchard", "romeo@localhost/orchard", false)]
    [TestCase("romeo@localhost/orchard", "romeo@localhost", true)]
    [TestCase("romeo@localhost", "romeo@localhost/orchard", false)]
    [TestCase("romeo@localhost", "romeo@localhost", false)]
    public async Task Who_sends_decides_by_the_address_he_writes_to(string never, string to, bool isKept)
    {
        await SetAsync(juliet, Prefs("always", never: never));
        await SayAsync(juliet, to, "b");
        await romeo.ExpectAsync("<message><body>b</body></message>");
        Assert.That((await juliet.QueryAsync()).Bodies, isKept ? Is.EqualTo(new[] { "b" }) : Is.Empty);
        Assert.That((await romeo.QueryAsync()).Bodies, Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task By_roster_only_contacts_that_are_in_it()
    {
        await SetAsync(juliet, Prefs("roster"));
        await SayAsync(romeo, Play.Juliet, "stranger");
        // A request that waits for an answer makes no contact (RFC 6121 §3.1.3).
        await romeo.SendAsync($"<presence type='subscribe' to='{Play.Juliet}'/>");
        await SayAsync(romeo, Play.Juliet, "who asks");
        await juliet.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{Play.Romeo}'/></query></iq>");
        await SayAsync(romeo, Play.Juliet, "contact");
        await SayAsync(juliet, "romeo@localhost/orchard", "answer");
        await juliet.DrainAsync();
        Assert.That((await juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "contact", "answer" }));
    }

    [Test]
    public async Task What_is_not_archived_waits_over_a_restart_comes_once_and_is_gone()
    {
        await SetAsync(juliet, Prefs("never"));
        await juliet.DisconnectAsync();
        await SayAsync(romeo, Play.Juliet, "waits");
        await Server.RestartAsync();
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        Assert.That((await phone.QueryAsync()).Bodies, Is.Empty, "nor is it in the archive meanwhile");
        await phone.SendAsync("<presence/>");
        await phone.ExpectAsync("<presence from='juliet@localhost/phone'/>");
        await phone.ExpectAsync("<message><body>waits</body><delay xmlns='urn:xmpp:delay'/></message>");
        await phone.ExpectNothingAsync();
        await Server.RestartAsync();
        await ReconnectAsync();
        await juliet.ExpectNothingAsync();
        Assert.That((await juliet.QueryAsync()).Bodies, Is.Empty);
        Assert.That((await romeo.QueryAsync()).Bodies, Is.EqualTo(new[] { "waits" }));
    }

    [Test]
    public async Task What_was_archived_stays_and_an_id_that_came_with_a_message_outside_serves_for_paging()
    {
        await SayAsync(romeo, Play.Juliet, "a");
        await juliet.DrainAsync();
        await SetAsync(juliet, Prefs("never"));
        await SayAsync(romeo, Play.Juliet, "b");
        Element outside = await juliet.ExpectAsync("<message><body>b</body></message>");
        await SetAsync(juliet, Prefs("always"));
        await SayAsync(romeo, Play.Juliet, "c");
        await juliet.DrainAsync();
        Assert.That((await juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "a", "c" }));
        string id = outside.Child(Namespaces.StanzaId, "stanza-id")!["id"]!;
        Assert.That((await juliet.QueryAsync(Set($"<after>{id}</after>"))).Bodies, Is.EqualTo(new[] { "c" }));
        Assert.That((await juliet.QueryAsync(Set($"<before>{id}</before>"))).Bodies, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task They_go_with_the_account()
    {
        await SetAsync(juliet, Prefs("never"));
        await juliet.DisconnectAsync();
        Assert.That(await Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(Play.Juliet), CancellationToken.None));
        await Server.AddAccountsAsync(Play.Juliet);
        Assert.That(await GetAsync(await Server.ConnectAsync("juliet@localhost/balcony")), Is.EqualTo(Text(Prefs("always"))));
    }

    private static string Text(string prefs) => Xml.Parse(prefs).ToString();
}
