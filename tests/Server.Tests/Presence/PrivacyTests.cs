using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>XEP-0016: what privacy lists do, by each path, to somebody here and elsewhere; and that whom they deny everything sees what one who is blocked sees.</summary>
public sealed class PrivacyTests : WatcherFixture
{
    private const string Ns = "jabber:iq:privacy";

    private TestClient juliet = null!;
    private int number;

    [SetUp]
    public async Task AddAccountsAsync() => await Server.AddAccountsAsync(Juliet, Romeo);

    [Test]
    public async Task Whom_a_list_denies_presence_is_told_that_it_went_and_sees_it_again_afterwards([Values] bool isLocal, [Values] bool isActive, [Values("", "<presence-out/>")] string kinds)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await DenyAsync(watcher, isActive, kinds);
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await SetAsync(isActive ? "<active/>" : "<default/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony away" }));
    }

    [Test]
    public async Task Whom_it_denies_everything_gets_what_one_gets_who_is_blocked([Values] bool isLocal, [Values] bool isSubscribed, [Values] bool isActive)
    {
        IWatcher watcher = isSubscribed ? await SubscriberAsync(isLocal) : await StrangerAsync(isLocal);
        await DenyAsync(watcher, isActive, "");
        await watcher.GotAsync();
        IReadOnlyList<string> denied = await AskAsync(watcher);
        Assert.That(await juliet.DrainAsync(), Is.Empty);
        await SetAsync("<active/>");
        await SetAsync("<default/>");
        await watcher.GotAsync();
        await juliet.SendAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{watcher.Bare}'/></block></iq>");
        await juliet.DrainAsync();
        await watcher.GotAsync();
        Assert.That(denied, Is.EqualTo(await AskAsync(watcher)));
    }

    [Test]
    public async Task Each_kind_is_denied_by_itself([Values] bool isLocal, [Values("message", "iq", "presence-in")] string kind, [Values] bool isActive)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await juliet.SendAsync($"<presence type='subscribe' to='{watcher.Bare}'/>");
        await juliet.DrainAsync();
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='subscribed' to='{Juliet}'/>");
        await juliet.DrainAsync();
        await DenyAsync(watcher, isActive, $"<{kind}/>");
        await watcher.SendAsync($"<message type='chat' to='{Juliet}' id='m'><body>Hist!</body></message>");
        await watcher.SendAsync($"<iq type='get' to='{Juliet}/balcony' id='i'><query xmlns='jabber:iq:version'/></iq>");
        await watcher.SendAsync($"<presence to='{Juliet}' id='p'/>");
        IEnumerable<string> got = (await juliet.DrainAsync()).Where(stanza => stanza["from"]?.StartsWith(watcher.Bare, StringComparison.Ordinal) is true).Select(stanza => stanza.LocalName);
        Assert.That(got, Is.EquivalentTo(new[] { "message", "iq", "presence" }.Where(name => name != kind.Split('-')[0])));
    }

    [Test]
    public async Task An_active_list_is_one_resources_own([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        TestClient phone = await LoginAsync(Juliet + "/phone");
        await watcher.GotAsync();
        await DenyAsync(watcher, isActive: true, "");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/phone" }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}/balcony'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await watcher.SendAsync($"<iq type='get' id='d' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "items juliet@localhost/phone" }));
        await phone.DrainAsync();
        await juliet.DrainAsync();
        await watcher.SendAsync($"<message type='chat' to='{Juliet}' id='m'><body>Hist!</body></message>");
        await phone.ExpectAsync("<message id='m'/>");
        Assert.That(await juliet.DrainAsync(), Is.Empty);
        // A default list says nothing to a resource that has its own.
        await SetAsync("<list name='all'><item action='deny' order='1'/></list>");
        await SetAsync("<list name='open'><item action='allow' order='1'/></list>");
        await SetAsync("<active name='open'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony away" }));
        await SetAsync("<default name='all'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/phone" }));
    }

    [Test]
    public async Task Nothing_is_sent_to_whom_all_is_denied([Values("message", "presence", "iq type='get'")] string stanza)
    {
        await SubscriberAsync(isLocal: true);
        await SetAsync($"<list name='x'><item type='jid' value='localhost' action='deny' order='1'/></list>");
        await SetAsync("<active name='x'/>");
        await juliet.SendAsync($"<{stanza} to='{Romeo}' id='o'>{(stanza[0] == 'p' ? "" : "<query xmlns='jabber:iq:version'/>")}</{stanza.Split(' ')[0]}>");
        Element answer = (await juliet.DrainAsync()).Single(one => one["id"] == "o");
        answer.ShouldBe("not-acceptable");
    }

    [Test]
    public async Task Directed_presence_ends_with_a_list_that_denies_it([Values] bool isLocal)
    {
        IWatcher watcher = await StrangerAsync(isLocal);
        await juliet.SendAsync($"<presence to='{watcher.Bare}'/>");
        await watcher.GotAsync();
        await DenyAsync(watcher, isActive: true, "<presence-out/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
    }

    [Test]
    public async Task Subscriptions_and_groups_are_as_they_are_at_the_moment()
    {
        IWatcher watcher = await SubscriberAsync(isLocal: true);
        await juliet.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{Romeo}'><group>Friends</group></item></query></iq>");
        await SetAsync("<list name='x'><item type='group' value='Friends' action='allow' order='1'/><item type='subscription' value='from' action='deny' order='2'/></list>");
        await SetAsync("<default name='x'/>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await juliet.SendAsync($"<iq type='set' id='q'><query xmlns='jabber:iq:roster'><item jid='{Romeo}'/></query></iq>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
    }

    [Test]
    public async Task Who_is_blocked_and_then_not_sees_no_more_than_the_list_shows([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await DenyAsync(watcher, isActive: true, "<presence-out/>");
        await watcher.GotAsync();
        await juliet.SendAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{watcher.Bare}'/></block></iq>");
        await juliet.SendAsync("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>");
        await juliet.DrainAsync();
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await SetAsync("<active/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
    }

    [Test]
    public async Task Who_is_heard_again_is_asked_for_what_he_said_meanwhile()
    {
        await Server.BefriendAsync();
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        juliet = await LoginAsync(Juliet + "/balcony");
        await juliet.DrainAsync();
        await SetAsync("<list name='x'><item action='deny' order='1'><presence-in/></item></list>");
        await SetAsync("<active name='x'/>");
        await romeo.SendAsync("<presence><show>away</show></presence>");
        Assert.That(await juliet.DrainAsync(), Is.Empty);
        await juliet.SendAsync($"<iq type='set' id='a'><query xmlns='{Ns}'><active/></query></iq>");
        Assert.That((await juliet.DrainAsync()).Select(Describe), Does.Contain("available romeo@localhost/orchard away"));
    }

    private async Task DenyAsync(IWatcher watcher, bool isActive, string kinds)
    {
        await SetAsync($"<list name='x'><item type='jid' value='{watcher.Bare}' action='deny' order='1'>{kinds}</item></list>");
        await SetAsync(isActive ? "<active name='x'/>" : "<default name='x'/>");
    }

    private async Task SetAsync(string query)
    {
        string id = $"set{++number}";
        await juliet.SendAsync($"<iq type='set' id='{id}'><query xmlns='{Ns}'>{query}</query></iq>");
        (await juliet.DrainAsync()).Single(stanza => stanza["id"] == id).ShouldBeDone();
    }

    private async Task<IReadOnlyList<string>> AskAsync(IWatcher watcher)
    {
        string[] questions =
        [
            $"<presence type='probe' to='{Juliet}' id='1'/>", $"<presence type='probe' to='{Juliet}/balcony' id='2'/>", $"<presence to='{Juliet}' id='3'/>",
            $"<iq type='get' id='4' to='{Juliet}'><query xmlns='jabber:iq:last'/></iq>",
            $"<iq type='get' id='5' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
            $"<iq type='get' id='6' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
            $"<iq type='get' id='7' to='{Juliet}'><vCard xmlns='vcard-temp'/></iq>",
            $"<iq type='get' id='8' to='{Juliet}/balcony'><query xmlns='jabber:iq:version'/></iq>",
            $"<iq type='get' id='9' to='{Juliet}'><fetch xmlns='urn:x-presencexml:fetch:0' format='all'/></iq>",
            $"<message type='chat' to='{Juliet}' id='10'><body>Hist!</body></message>", $"<message to='{Juliet}/balcony' id='11'><body>Hist!</body></message>",
            $"<message type='headline' to='{Juliet}' id='12'><body>Hist!</body></message>", $"<message type='groupchat' to='{Juliet}' id='13'><body>Hist!</body></message>",
        ];
        var answers = new List<string>();
        foreach (string question in questions)
        {
            await watcher.SendAsync(question);
            answers.AddRange((await watcher.RawAsync()).Select(stanza => stanza.ToString()));
        }
        return answers;
    }

    private async Task<IWatcher> StrangerAsync(bool isLocal)
    {
        if (!isLocal)
            await BefriendAsync(Romeo);
        juliet = await LoginAsync(Juliet + "/balcony");
        IWatcher watcher = await WatcherAsync(isLocal);
        await watcher.GotAsync();
        return watcher;
    }

    private async Task<IWatcher> SubscriberAsync(bool isLocal)
    {
        if (isLocal)
            await Server.SubscribeAsync(Romeo, Juliet);
        else
            await BefriendAsync(Juliet);
        juliet = await LoginAsync(Juliet + "/balcony");
        IWatcher watcher = await WatcherAsync(isLocal);
        await watcher.GotAsync();
        await juliet.DrainAsync();
        return watcher;
    }
}
