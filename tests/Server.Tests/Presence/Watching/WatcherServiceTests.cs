using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Watching;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence.Watching;

/// <summary><c>watchers.localhost</c>: one's watchers as contacts, for clients that know only those.</summary>
public sealed class WatcherServiceTests : WatcherFixture
{
    private const string Me = "me@watchers.localhost";

    [SetUp]
    public async Task BeWatchedAsync()
    {
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        await paris.SendAsync($"<presence type='probe' to='{Juliet}'/>");
    }

    [Test]
    public async Task The_owner_is_let_in_and_sees_who_watches()
    {
        await Owner.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        await Owner.SendAsync($"<presence type='subscribe' to='{Me}' id='s1'/>");
        await IdleAsync();
        IReadOnlyList<Element> got = await Owner.DrainAsync();
        Assert.That(got.Where(static stanza => stanza.LocalName == "presence").Select(static stanza => (stanza["from"], stanza["type"])), Is.EqualTo(new[] { (Me, "subscribed"), (Me + "/watchers", null) }));
        Assert.That(StatusOf(got[^1]), Is.EqualTo("1 watcher, last: paris 00:00 UTC"));
        // At the next login, and when something changes.
        await Owner.DisconnectAsync();
        TestClient again = await Server.LoginAsync(Juliet + "/chamber");
        await IdleAsync();
        Assert.That((await again.DrainAsync()).Select(StatusOf), Does.Contain("1 watcher, last: paris 00:00 UTC"));
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        Server.Clock.Advance(TimeSpan.FromMinutes(61));
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await AfterAsync(6);
        Assert.That((await again.DrainAsync()).Select(StatusOf), Is.EqualTo(new[] { "2 watchers, last: romeo 01:01 UTC" }));
    }

    [Test]
    public async Task A_message_is_answered_with_the_list()
    {
        await Owner.SendAsync($"<message to='{Me}' type='chat'><body>Who?</body></message><message to='{Me}' type='chat'><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
        await IdleAsync();
        Element answer = (await Owner.DrainAsync()).Single();
        Assert.That((answer["from"], answer["type"], answer["to"]), Is.EqualTo((Me, "chat", Juliet + "/balcony")));
        Assert.That(answer.Child("jabber:client", "body")!.Text, Does.StartWith("1 watcher, last: paris 00:00 UTC. Listed for 30 days.\nparis@localhost: fetcher, waiting, 2030-01-01T00:00:00Z, got nothing"));
    }

    [Test]
    public async Task A_contact_may_stand_for_one_watcher()
    {
        await Owner.SendAsync(@"<presence type='probe' to='paris\40localhost@watchers.localhost'/><presence type='probe' to='romeo\40localhost@watchers.localhost'/>");
        await IdleAsync();
        IReadOnlyList<Element> got = await Owner.DrainAsync();
        Assert.That(got.Select(static stanza => (stanza["from"], stanza["type"])), Is.EqualTo(new[]
        {
            (@"paris\40localhost@watchers.localhost/watchers", null), (@"romeo\40localhost@watchers.localhost/watchers", "unavailable"),
        }));
        Assert.That(StatusOf(got[0]), Does.Contain("fetcher").And.Contain("got nothing"));
    }

    [Test]
    public async Task Everybody_is_told_of_his_own_watchers_only()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='subscribe' to='juliet@watchers.localhost'/><presence type='probe' to='{Me}'/><message to='juliet@watchers.localhost' type='chat'><body>Who?</body></message>");
        await IdleAsync();
        string got = string.Concat(await romeo.DrainAsync());
        Assert.That(got, Does.Contain("0 watchers").And.Not.Contain("paris"));
    }

    [Test]
    public async Task It_is_found_by_discovery()
    {
        Element items = await Owner.AskAsync("<iq type='get' id='1' to='localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
        Assert.That(items.Children.Single().Children.Select(static item => item["jid"]), Does.Contain("watchers.localhost"));
        await Owner.SendAsync("<iq type='get' id='2' to='watchers.localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
        await IdleAsync();
        Assert.That((await Owner.ExpectAnyAsync()).Children.Single().Children.Single()["jid"], Is.EqualTo(Me));
        await Owner.SendAsync("<iq type='get' id='3' to='watchers.localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq><iq type='get' id='4' to='watchers.localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        await IdleAsync();
        Assert.That((await Owner.ExpectAnyAsync())["type"], Is.EqualTo("result"));
        (await Owner.ExpectAnyAsync()).ShouldBe("service-unavailable");
    }

    [Test]
    public async Task Other_servers_do_not_reach_it()
    {
        await Remote.SendAsync($"<presence type='subscribe' from='{Tybalt}' to='{Me}'/><presence type='probe' from='{Tybalt}' to='{Me}'/><message from='{Street}' to='{Me}' type='chat'><body>Who?</body></message>");
        await IdleAsync();
        Assert.That(Remote.Drain().Where(static stanza => stanza["type"] != "error"), Is.Empty);
    }

    private static string? StatusOf(Element stanza) => stanza.Child("jabber:client", "status")?.Text;

    // A line of its own works off what was asked.
    private async Task IdleAsync()
    {
        WatcherService service = Server.Get<ModuleHost>().Modules.OfType<WatchersModule>().Single().Service!;
        await service.WhenIdleAsync();
    }
}
