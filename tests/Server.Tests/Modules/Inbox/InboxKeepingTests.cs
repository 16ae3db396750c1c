using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Tests.Modules.Archive;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Inbox;

/// <summary>What was read, and how long everything is kept.</summary>
public sealed class InboxKeepingTests : InboxFixture
{
    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.Options.Inbox.RetentionDays = 30;
    }

    [Test]
    public async Task As_long_as_nobody_marks_what_was_delivered_counts_as_read()
    {
        await SayAsync("a");
        Assert.That(await UnreadAsync(), Is.EqualTo("1"));
        await Juliet.SendAsync("<presence/>");
        await SayAsync("b");
        await Juliet.DrainAsync();
        Assert.That(await UnreadAsync(), Is.EqualTo("0"));
        Assert.That(await ReadAsync(), Is.EqualTo(new[] { "true", "true" }));
    }

    [Test]
    public async Task Once_marks_have_begun_what_comes_is_unread_until_it_is_marked([Values] bool crash)
    {
        await Juliet.SendAsync("<presence/>");
        await SayAsync("a");
        await Juliet.DrainAsync();
        await SetAsync("<read/>");
        await SayAsync("b", "c", "d");
        await Juliet.DrainAsync();
        Assert.That(await ReadAsync(), Is.EqualTo(new[] { "true", "false", "false", "false" }));
        Assert.That((await SetAsync($"<read>{await ItemsAsync("c")}<item id='never'/></read>")).ToString(), Is.EqualTo($"<read xmlns='{Ns}' count='1'><missing id='never'/></read>"));
        await SetAsync($"<unread>{await ItemsAsync("a")}</unread>");
        await CrashAsync(crash);
        Assert.That(await ReadAsync(), Is.EqualTo(new[] { "false", "false", "true", "false" }));
        await SetAsync($"<read box='inbox' upto='{await IdAsync("c")}'/>");
        await CrashAsync(crash);
        Assert.That(await ReadAsync(), Is.EqualTo(new[] { "true", "true", "true", "false" }));
        Assert.That(await UnreadAsync(), Is.EqualTo("1"));
        await SetAsync($"<unread>{await ItemsAsync("b")}</unread>");
        Assert.That(await UnreadAsync(), Is.EqualTo("2"));
    }

    [Test]
    public async Task What_waits_when_marks_begin_is_unread_and_stays_so_when_it_is_delivered()
    {
        await SayAsync("a");
        await SetAsync("<read/>");
        await Juliet.SendAsync("<presence/>");
        await Juliet.DrainAsync();
        Assert.That(await UnreadAsync(), Is.EqualTo("1"));
    }

    [Test]
    public async Task A_mark_up_to_a_message_is_of_its_box()
    {
        await SetAsync("<read/>");
        await FileAsync("junk", "offer");
        await SayAsync("a", "b");
        await SetAsync($"<read box='inbox' upto='{await IdAsync("b")}'/>");
        Assert.That((await UnreadAsync(), await UnreadAsync("junk")), Is.EqualTo(("0", "1")));
        Element unknown = await AskAsync("<read box='inbox' upto='never'/>");
        unknown.ShouldBe("item-not-found");
    }

    [Test]
    public async Task What_is_moved_takes_along_whether_it_was_read()
    {
        await SetAsync("<read/>");
        await SayAsync("a", "b");
        await SetAsync($"<read box='inbox' upto='{await IdAsync("a")}'/>");
        await SetAsync($"<move to='work'>{await ItemsAsync("a", "b")}</move>");
        Assert.That(await ReadAsync("work"), Is.EqualTo(new[] { "true", "false" }));
    }

    [Test]
    public async Task A_receipt_is_nothing_to_be_read()
    {
        await SetAsync("<read/>");
        await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat'><received xmlns='urn:xmpp:receipts' id='x'/></message>");
        await SayAsync("a");
        Element inbox = await BoxAsync("inbox");
        Assert.That((inbox["received"], inbox["unread"]), Is.EqualTo(("2", "1")));
    }

    [Test]
    public async Task What_a_client_displays_is_read_with_all_before_it_of_that_sender([Values] bool crash)
    {
        await SetAsync("<read/>");
        await FileAsync("", "other");
        await SayAsync("a", "b", "c");
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        await phone.SendAsync($"<message to='{Play.Romeo}' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='b'/></message>");
        await phone.ExpectNothingAsync();
        await CrashAsync(crash);
        Assert.That(await ReadAsync(), Is.EqualTo(new[] { "false", "true", "true", "false" }));
        await CrashAsync(crash);
        Assert.That(await UnreadAsync(), Is.EqualTo("2"));
    }

    [Test]
    public async Task Markers_of_an_older_message_and_of_none_take_nothing_back()
    {
        await SetAsync("<read/>");
        await SayAsync("a", "b");
        foreach (string id in new[] { "b", "a", "never" })
        {
            await Juliet.SendAsync($"<message to='{Play.Romeo}' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/></message>");
            Assert.That(await UnreadAsync(), Is.EqualTo("0"), id);
        }
    }

    [Test]
    public async Task A_marker_that_names_a_message_of_the_owners_own_marks_nothing()
    {
        await SetAsync("<read/>");
        await SayAsync("a");
        await Juliet.SendAsync($"<message to='{Play.Romeo}' type='chat' id='mine'><body>mine</body></message><message to='{Play.Romeo}' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='mine'/></message>");
        Assert.That(await UnreadAsync(), Is.EqualTo("1"));
    }

    [Test]
    public async Task Markers_mean_nothing_to_who_keeps_no_marks()
    {
        await SayAsync("a");
        await Juliet.SendAsync($"<message to='{Play.Romeo}' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='a'/></message>");
        Assert.That(await UnreadAsync(), Is.EqualTo("1"));
    }

    [Test]
    public async Task Other_sessions_that_asked_are_told_what_was_read()
    {
        await SetAsync("<read/>");
        await SayAsync("a");
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        (await AskAsync("<subscribe/>", client: phone)).ShouldBeDone();
        string a = await IdAsync("a");
        await SetAsync($"<read><item id='{a}'/></read>");
        await phone.ExpectAsync($"<message type='headline'><changed xmlns='{Ns}'><read count='1'><item id='{a}'/></read></changed></message>");
        await SetAsync($"<read upto='{a}'/>");
        await phone.ExpectAsync($"<message type='headline'><changed xmlns='{Ns}'><read box='inbox'><upto id='{a}'/></read></changed></message>");
        await Juliet.SendAsync($"<message to='{Play.Romeo}' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='a'/></message>");
        await phone.ExpectAsync($"<message type='headline'><changed xmlns='{Ns}'><displayed jid='{Play.Romeo}'/></changed></message>");
    }

    [Test]
    public async Task Single_marks_are_bounded()
    {
        await SetAsync("<read/>");
        await FileAsync("junk", [.. Enumerable.Range(0, 1000).Select(static number => $"{number}")]);
        string[] all = [.. (await LogAsync("junk")).Select(entry => Server.Get<Storage.InboxStore>().StanzaId(Owner, entry.Sequence))];
        foreach (string[] some in all.Chunk(250))
            await SetAsync($"<read>{string.Concat(some.Select(static id => $"<item id='{id}'/>"))}</read>");
        await FileAsync("junk", "one more");
        string[] ids = Ids(await GetAsync("<headers box='junk'><set xmlns='http://jabber.org/protocol/rsm'><max>2</max><before/></set></headers>"));
        Element refused = await AskAsync($"<read><item id='{ids[1]}'/></read>");
        refused.ShouldBe("policy-violation");
        await SetAsync($"<read box='junk' upto='{ids[0]}'/>");
        await SetAsync($"<read><item id='{ids[1]}'/></read>");
        Assert.That(await UnreadAsync("junk"), Is.EqualTo("0"));
    }

    [Test]
    public async Task The_owner_keeps_messages_for_a_shorter_time_and_everything_obeys()
    {
        Assert.That((await GetAsync("<retention/>")).ToString(), Is.EqualTo($"<retention xmlns='{Ns}' days='30' longest='30' default='true'/>"));
        Assert.That((await SetAsync("<retention days='7'/>")).ToString(), Is.EqualTo($"<retention xmlns='{Ns}' days='7' longest='30'/>"));
        await FileAsync("junk", "old");
        await FileAsync("", "old too");
        await SayAsync("waits");
        Server.Clock.Advance(TimeSpan.FromDays(8));
        await FileAsync("", "young");
        Assert.That((await Juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "young" }));
        Assert.That(Ids(await GetAsync("<headers box='junk'/>")), Is.Empty);
        await Server.CrashAsync();
        await Server.Get<InboxRetention>().RunOnceAsync(CancellationToken.None);
        Assert.That(await BodiesAsync(), Is.EqualTo(new[] { "waits", "young" }));
        Assert.That(await Server.Get<Storage.InboxStore>().ReadAsync(Protocol.Jid.Parse(Play.Romeo), new Storage.LogQuery()), Has.Count.EqualTo(1), "Romeo keeps his own as long as the server");
        await ConnectAsync();
        await SetAsync("<retention/>");
        Assert.That((await GetAsync("<retention/>"))["days"], Is.EqualTo("30"));
    }

    [TestCase("31", "policy-violation"), TestCase("0", "policy-violation"), TestCase("-1", "bad-request"), TestCase("week", "bad-request")]
    public async Task The_server_bounds_it(string days, string condition)
    {
        Element answer = await AskAsync($"<retention days='{days}'/>");
        answer.ShouldBe(condition);
        Assert.That((await GetAsync("<retention/>"))["default"], Is.EqualTo("true"));
    }

    [TestCase("0", null), TestCase("36500", null), TestCase("36501", "policy-violation"), TestCase("2000000000", "policy-violation")]
    public async Task Where_the_server_keeps_everything_the_owner_says_any_number_that_is_a_time(string days, string? condition)
    {
        Server.Get<ServerOptions>().Inbox.RetentionDays = 0;
        Element answer = await AskAsync($"<retention days='{days}'/>");
        Assert.That(answer.Condition(), Is.EqualTo(condition));
        await SayAsync("a");
        Assert.That(Ids(await GetAsync("<headers/>")), Has.Length.EqualTo(1));
        Assert.That(await Server.Get<InboxRetention>().RunOnceAsync(CancellationToken.None), Is.Zero);
    }

    private async Task CrashAsync(bool crash)
    {
        if (!crash)
            return;
        await Server.CrashAsync();
        await ConnectAsync();
    }

    private async Task<string?> UnreadAsync(string box = "inbox") => (await BoxAsync(box))["unread"];

    private async Task<string?[]> ReadAsync(string box = "inbox") =>
        [.. (await GetAsync($"<headers box='{box}'/>")).Children.Where(static child => child.LocalName == "item" && child["read"] is not null).Select(static item => item["read"])];
}
