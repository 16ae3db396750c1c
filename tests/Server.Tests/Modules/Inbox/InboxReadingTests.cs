using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Inbox;

/// <summary>Boxes and counts, headers, reading some.</summary>
public sealed class InboxReadingTests : InboxFixture
{
    private const string Rsm = "http://jabber.org/protocol/rsm";

    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.Options.Inbox.RetentionDays = 30;
        settings.Options.Inbox.QuotaMessages = 2;
    }

    [Test]
    public async Task Only_the_owner_learns_of_it()
    {
        const string Boxes = "<boxes xmlns='urn:x-presencexml:inbox:0'/>";
        Element info = await Juliet.AskAsync($"<iq type='get' id='i' to='{Play.Juliet}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        Assert.That(info.ToString(), Does.Contain($"<feature var='{Ns}'/>"));
        Element stranger = await Romeo.AskAsync($"<iq type='get' id='b' to='{Play.Juliet}'>{Boxes}</iq>");
        Element nobody = await Romeo.AskAsync($"<iq type='get' id='c' to='petruchio@localhost'>{Boxes}</iq>");
        Assert.That(stranger.Faceless(), Is.EqualTo(nobody.Faceless()));
        stranger.ShouldBe("service-unavailable");
    }

    [Test]
    public async Task Boxes_are_counted_in_one_call()
    {
        await SayAsync("a", "b");
        await FileAsync("junk", "offer");
        await Juliet.SendAsync($"<message to='{Play.Romeo}' type='chat'><body>mine</body></message>");
        Element boxes = await GetAsync("<boxes/>");
        LogEntry[] log = await LogAsync("");
        Assert.That(boxes.Child(Ns, "box")!.ToString(), Is.EqualTo(
            $"<box xmlns='{Ns}' name='inbox' total='3' received='2' unread='2' undelivered='2' bytes='{log.Sum(static entry => entry.Content.Length)}'/>"));
        Element junk = await BoxAsync("junk");
        Assert.That((junk["total"], junk["received"], junk["undelivered"]), Is.EqualTo(("1", "1", "0")));
        Assert.That(boxes["days"], Is.EqualTo("30"));
        Element quota = boxes.Child(Ns, "quota")!;
        Assert.That((quota["undelivered"], quota["limit"], quota["bytes-limit"]), Is.EqualTo(("2", "2", "67108864")));
        Assert.That(quota["bytes"], Is.EqualTo($"{log.Where(static entry => !entry.Outgoing).Sum(static entry => entry.Content.Length)}"));
    }

    [Test]
    public async Task What_is_full_refuses_and_says_so()
    {
        await SayAsync("a", "b");
        await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat' id='c'><body>c</body></message>");
        await Romeo.ExpectAsync("<message type='error' id='c'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    }

    [Test]
    public async Task An_empty_inbox_is_a_box_and_what_only_waits_is_in_none()
    {
        await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat'><body>secret</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        Element boxes = await GetAsync("<boxes/>");
        Assert.That(boxes.Children.Where(static child => child.LocalName == "box").Select(static box => (box["name"], box["total"])), Is.EqualTo(new[] { ("inbox", "0") }));
        Assert.That(boxes.Child(Ns, "passing")!["undelivered"], Is.EqualTo("1"));
        Assert.That(Ids(await GetAsync("<headers/>")), Is.Empty);
        Element refused = await AskAsync("<headers box='passing'/>", "get");
        refused.ShouldBe("bad-request");
        string id = Server.Get<InboxStore>().StanzaId(Owner, (await LogAsync()).Single().Sequence);
        Assert.That((await GetAsync($"<fetch><item id='{id}'/></fetch>")).Child(Ns, "missing")!["id"], Is.EqualTo(id));
    }

    [Test]
    public async Task Headers_tell_everything_but_the_body()
    {
        await SayAsync("a");
        await Juliet.SendAsync($"<message to='{Play.Romeo}' id='x'><body>mine</body></message>");
        LogEntry[] log = await LogAsync();
        Element page = await GetAsync("<headers box='inbox'/>");
        Assert.That(page.Children.Where(static child => child.LocalName == "item").Select(static item => item.ToString()), Is.EqualTo(new[]
        {
            $"<item xmlns='{Ns}' id='{await IdAsync("a")}' from='romeo@localhost/orchard' to='{Play.Juliet}' stamp='{log[0].Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}' type='chat' bytes='{log[0].Content.Length}' delivered='false' read='false'/>",
            $"<item xmlns='{Ns}' id='{await IdAsync("mine")}' from='juliet@localhost/balcony' to='{Play.Romeo}' stamp='{log[1].Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}' type='normal' bytes='{log[1].Content.Length}'/>",
        }));
        Assert.That(page.ToString(), Does.Not.Contain("body").And.Not.Contain("mine"));
    }

    [Test]
    public async Task Headers_go_page_by_page_both_ways()
    {
        await FileAsync("junk", "0", "1", "2", "3", "4");
        await FileAsync("work", "other");
        string[] all = Ids(await GetAsync("<headers box='junk'/>"));
        Assert.That(all, Has.Length.EqualTo(5));
        Element first = await PageAsync("<max>2</max>");
        Assert.That((Ids(first), first["complete"]), Is.EqualTo((all[..2], (string?)null)));
        Element second = await PageAsync($"<max>3</max><after>{first.Child(Rsm, "set")!.Child(Rsm, "last")!.Text}</after>");
        Assert.That((Ids(second), second["complete"]), Is.EqualTo((all[2..], "true")));
        Element last = await PageAsync("<max>2</max><before/>");
        Assert.That((Ids(last), last["complete"]), Is.EqualTo((all[3..], (string?)null)));
        Element former = await PageAsync($"<max>9</max><before>{last.Child(Rsm, "set")!.Child(Rsm, "first")!.Text}</before>");
        Assert.That((Ids(former), former["complete"]), Is.EqualTo((all[..3], "true")));
        Assert.That((await PageAsync("<max>0</max>")).Child(Rsm, "set")!.Child(Rsm, "count")!.Text, Is.EqualTo("5"));
        Element unknown = await AskAsync($"<headers box='junk'><set xmlns='{Rsm}'><after>nothing</after></set></headers>", "get");
        unknown.ShouldBe("item-not-found");
    }

    [Test]
    public async Task A_large_box_is_paged_without_gaps([Values] bool backwards)
    {
        await FileAsync("junk", [.. Enumerable.Range(0, 150).Select(static number => $"{number}")]);
        string[] all = [.. (await LogAsync("junk")).Select(entry => Server.Get<InboxStore>().StanzaId(Owner, entry.Sequence))];
        Assert.That(Ids(await PageAsync(backwards ? "<max>140</max><before/>" : "<max>140</max>")), Is.EqualTo(backwards ? all[10..] : all[..140]));
    }

    [Test]
    public async Task What_retention_has_reached_is_not_shown_but_what_waits_is()
    {
        await FileAsync("junk", "old");
        await SayAsync("waits");
        Server.Clock.Advance(TimeSpan.FromDays(31));
        Assert.That(Ids(await GetAsync("<headers box='junk'/>")), Is.Empty);
        Assert.That(Ids(await GetAsync("<headers/>")), Has.Length.EqualTo(1));
        Element boxes = await GetAsync("<boxes/>");
        Assert.That(boxes.Children.Where(static child => child.LocalName == "box").Select(static box => (box["name"], box["total"])), Is.EqualTo(new[] { ("inbox", "1") }));
    }

    [Test]
    public async Task What_is_fetched_comes_as_from_the_archive_and_is_delivered_with_it()
    {
        await SayAsync("a", "b");
        await FileAsync("junk", "offer");
        string offer = await IdAsync("offer"), a = await IdAsync("a");
        await Juliet.SendAsync($"<iq type='get' id='f'><fetch xmlns='{Ns}' queryid='q1'><item id='{offer}'/><item id='never'/><item id='{a}'/></fetch></iq>");
        await Juliet.ExpectAsync($"""
            <message from='{Play.Juliet}'><result xmlns='{Archive}' queryid='q1' id='{a}'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay'/>
            <message xmlns='jabber:client' from='romeo@localhost/orchard' type='chat'><body>a</body><stanza-id xmlns='urn:xmpp:sid:0' by='{Play.Juliet}' id='{a}'/></message></forwarded></result></message>
            """);
        await Juliet.ExpectAsync($"<message><result xmlns='{Archive}' queryid='q1' id='{offer}'/></message>");
        Element answer = await Juliet.ExpectAsync($"<iq type='result' id='f'><fetch xmlns='{Ns}'/></iq>");
        Assert.That(answer.Children.Single().Children.Select(static child => child["id"]), Is.EqualTo(new[] { "never" }));
        Assert.That((await BoxAsync("inbox"))["undelivered"], Is.EqualTo("1"));
        await Juliet.SendAsync("<presence/>");
        await Juliet.ExpectAllAsync("<presence/>", "<message id='b'><body>b</body></message>");
        await Juliet.ExpectNothingAsync();
    }

    [TestCase("<headers box='No Such'/>", "bad-request"), TestCase("<fetch/>", "bad-request"), TestCase("<fetch><item/></fetch>", "bad-request"), TestCase("<fetch><other id='x'/></fetch>", "bad-request")]
    public async Task What_is_not_in_order_is_refused(string payload, string condition)
    {
        Element answer = await AskAsync(payload, "get");
        answer.ShouldBe(condition);
    }

    [Test]
    public async Task Too_many_at_once_are_refused()
    {
        Element answer = await AskAsync($"<fetch>{string.Concat(Enumerable.Range(0, 251).Select(static number => $"<item id='{number}'/>"))}</fetch>", "get");
        answer.ShouldBe("policy-violation");
    }

    private Task<Element> PageAsync(string set) => GetAsync($"<headers box='junk'><set xmlns='{Rsm}'>{set}</set></headers>");
}
