using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>XEP-0186: while a resource is invisible, its account looks as it would without it.</summary>
public sealed class InvisibleTests : WatcherFixture
{
    private const string Ns = "urn:xmpp:invisible:1";

    private TestClient juliet = null!;

    [SetUp]
    public async Task AddAccountsAsync() => await Server.AddAccountsAsync(Juliet, Romeo);

    [Test]
    public async Task Whoever_sees_it_is_told_that_it_went_and_nothing_after([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await HideAsync();
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        await juliet.SendAsync("<presence type='unavailable'/>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
    }

    [Test]
    public async Task On_every_path_it_looks_as_if_it_had_gone([Values] bool isLocal)
    {
        string[] questions =
        [
            $"<presence type='probe' to='{Juliet}' id='1'/>", $"<presence type='probe' to='{Juliet}/balcony' id='2'/>",
            $"<iq type='get' id='3' to='{Juliet}'><query xmlns='jabber:iq:last'/></iq>",
            $"<iq type='get' id='4' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
            $"<iq type='get' id='5' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
            $"<iq type='get' id='6' to='{Juliet}/balcony'><query xmlns='jabber:iq:version'/></iq>",
            $"<iq type='get' id='7' to='{Juliet}'><fetch xmlns='urn:x-presencexml:fetch:0' format='all'/></iq>",
        ];
        IWatcher watcher = await SubscriberAsync(isLocal);
        await juliet.DisconnectAsync();
        await watcher.GotAsync();
        Server.Clock.Advance(TimeSpan.FromSeconds(90));
        IReadOnlyList<string> gone = await AskAsync(watcher, questions);
        Assert.That(gone, Has.Count.EqualTo(questions.Length));

        Server.Clock.Advance(TimeSpan.FromHours(1));
        juliet = await LoginAsync(Juliet + "/balcony");
        await HideAsync();
        Server.Clock.Advance(TimeSpan.FromSeconds(90));
        await watcher.GotAsync();
        IReadOnlyList<string> invisible = await AskAsync(watcher, questions);
        Assert.That(invisible.Select(text => text.Replace("T01:01:30", "T00:00:00", StringComparison.Ordinal).Replace("T01:03:00", "T00:01:30", StringComparison.Ordinal)), Is.EqualTo(gone));
    }

    [Test]
    public async Task One_that_never_was_visible_leaves_no_trace_in_time([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await juliet.DisconnectAsync();
        await watcher.GotAsync();
        Server.Clock.Advance(TimeSpan.FromHours(2));
        juliet = await Server.ConnectAsync(Juliet + "/balcony");
        await HideAsync();
        await juliet.SendAsync("<presence/>");
        Server.Clock.Advance(TimeSpan.FromHours(1));
        await juliet.DisconnectAsync();
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost 2030-01-01T00:00:00Z" }));
    }

    [Test]
    public async Task Who_gets_directed_presence_sees_it_until_it_goes([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await HideAsync();
        await watcher.GotAsync();
        await juliet.SendAsync($"<presence to='{watcher.Bare}'><show>chat</show></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony chat" }));
        await watcher.SendAsync($"<iq type='get' id='v' to='{Juliet}/balcony'><query xmlns='jabber:iq:version'/></iq>");
        await juliet.ExpectAsync("<iq type='get' id='v'/>");
        await juliet.SendAsync("<presence type='unavailable'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
    }

    [Test]
    public async Task It_takes_what_others_send_and_sees_whom_it_asked_for([Values] bool probes)
    {
        await Server.BefriendAsync();
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        juliet = await Server.ConnectAsync(Juliet + "/balcony");
        await juliet.SendAsync($"<iq type='set' id='h'><invisible xmlns='{Ns}' probe='{(probes ? "true" : "false")}'/></iq>");
        string[] got = [.. (await juliet.DrainAsync()).Select(Describe)];
        Assert.That(got.Contains("available romeo@localhost/orchard"), Is.EqualTo(probes));
        await romeo.SendAsync("<presence><show>away</show></presence>");
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='m'><body>Art thou there?</body></message>");
        await juliet.ExpectAsync("<presence from='romeo@localhost/orchard'><show>away</show></presence>");
        await juliet.ExpectAsync("<message id='m'/>");
    }

    [Test]
    public async Task A_watcher_who_logs_in_does_not_see_it_nor_a_new_subscriber([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await HideAsync();
        watcher = await WatcherAsync(isLocal, "/again");
        await watcher.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        Assert.That((await watcher.GotAsync()).Where(text => text.StartsWith("available", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Visible_again_it_is_as_if_it_had_just_come([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await HideAsync();
        await watcher.GotAsync();
        (await juliet.AskAsync($"<iq type='set' id='v'><visible xmlns='{Ns}'/></iq>")).ShouldBeDone();
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await juliet.SendAsync("<presence><show>dnd</show></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony dnd" }));
    }

    [Test]
    public async Task With_another_resource_the_account_is_there([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        TestClient phone = await LoginAsync(Juliet + "/phone");
        await juliet.DrainAsync();
        await HideAsync();
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/phone" }));
        await phone.SendAsync("<presence type='unavailable'/>");
        await watcher.GotAsync();
        await watcher.SendAsync($"<iq type='get' id='l' to='{Juliet}'><query xmlns='jabber:iq:last'/></iq>");
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "last 0" }));
    }

    [TestCase("probe='perhaps'", "bad-request")]
    public async Task What_makes_no_sense_is_refused(string attribute, string error)
    {
        juliet = await Server.ConnectAsync(Juliet + "/balcony");
        (await juliet.AskAsync($"<iq type='set' id='h'><invisible xmlns='{Ns}' {attribute}/></iq>")).ShouldBe(error);
        Assert.That(juliet.Session.IsInvisible, Is.False);
    }

    private async Task HideAsync()
    {
        await juliet.SendAsync($"<iq type='set' id='h'><invisible xmlns='{Ns}'/></iq>");
        Assert.That((await juliet.DrainAsync()).Single(stanza => stanza["id"] == "h")["type"], Is.EqualTo("result"));
    }

    private async Task<IReadOnlyList<string>> AskAsync(IWatcher watcher, IEnumerable<string> questions)
    {
        var answers = new List<string>();
        foreach (string question in questions)
        {
            await watcher.SendAsync(question);
            answers.AddRange((await watcher.RawAsync()).Select(stanza => stanza.ToString()));
        }
        return answers;
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
        return watcher;
    }
}
