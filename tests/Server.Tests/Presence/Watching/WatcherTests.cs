using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence.Watching;

/// <summary>WATCHER INFORMATION (RFC 2778 §2.4, RFC 3858): what is noted, and who may read it.</summary>
public sealed class WatcherTests : WatcherFixture
{
    [Test]
    public async Task Nobody_watches_at_first() => Assert.That(await DescribeAsync(), Is.Empty);

    [Test]
    public async Task Subscribe_look_cancel_stays_visible()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        for (int i = 0; i < 3; i++)
        {
            await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
            await Owner.SendAsync($"<presence type='subscribed' to='{Romeo}'/>");
            await romeo.SendAsync($"<presence type='unsubscribe' to='{Juliet}'/>");
        }
        await Owner.DrainAsync();
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost terminated timeout subscriber count=3 cycles=3 ended=watcher" }));
        // Also when he looks again in vain.
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost terminated timeout subscriber count=4 cycles=3 ended=watcher refused" }));
    }

    [Test]
    public async Task A_request_waits_and_may_be_taken_back_or_denied()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        await Owner.DrainAsync();
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost pending subscribe subscriber count=1" }));
        await romeo.SendAsync($"<presence type='unsubscribe' to='{Juliet}'/>");
        await Owner.DrainAsync();
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost waiting timeout subscriber count=1 cycles=1 ended=watcher" }));
        await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        await Owner.SendAsync($"<presence type='unsubscribed' to='{Romeo}'/>");
        await Owner.DrainAsync();
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost terminated rejected subscriber count=2 cycles=1 refused" }));
    }

    [Test]
    public async Task A_request_that_a_rule_or_a_block_list_turns_away_is_seen_by_the_owner()
    {
        await Owner.AskAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{Romeo}'/></block></iq>");
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost terminated rejected subscriber count=1 refused" }));
    }

    [Test]
    public async Task Of_a_subscriber_a_broadcast_says_when_he_last_received_something_and_nothing_is_written()
    {
        await SubscribeAsync(Romeo);
        await AfterAsync(6);
        await AfterAsync(1);
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> stored = await Server.Engine.RangeAsync(Watchers.Collection, Jid.Parse(Juliet));
        Server.Clock.Advance(TimeSpan.FromMinutes(5));
        await Owner.SendAsync("<presence><show>away</show></presence>");
        Assert.That(Keeper.Count, Is.Zero);
        Element entry = EntriesOf(await AskAgainAsync()).Single();
        Assert.That((Describe(entry), Own(entry, "last")), Is.EqualTo(("xmpp:romeo@localhost active approved subscriber count=1", "2030-01-01T00:05:07Z")));
        Assert.That((await Server.Engine.RangeAsync(Watchers.Collection, Jid.Parse(Juliet))).Select(Text), Is.EqualTo(stored.Select(Text)));
        await Owner.DisconnectAsync();
        await RestartAsync();
        Assert.That(Own(EntriesOf(await ListAsync()).Single(), "last"), Is.EqualTo("2030-01-01T00:05:07Z"));
    }

    [Test]
    public async Task Permitted_fetches_make_a_fetcher()
    {
        await SetRulesAsync((Romeo, "allow"));
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        foreach (int wait in new[] { 3, 50, 400, 20, 1 })
        {
            Server.Clock.Advance(TimeSpan.FromSeconds(wait));
            (await FetchAsync(romeo)).ShouldBeResult();
        }
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost active approved fetcher count=5" }));
    }

    [Test]
    public async Task A_refused_fetch_waits_to_be_learned_of([Values] bool isProbe, [Values] bool isBlocked)
    {
        if (isBlocked)
            await Owner.AskAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{Romeo}'/></block></iq>");
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        if (isProbe)
            await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        else
            (await FetchAsync(romeo)).ShouldBe("service-unavailable");
        // What a block list stops on its way as an iq is refused before anybody asks for presence.
        string[] expected = isBlocked && !isProbe ? [] : ["xmpp:romeo@localhost waiting subscribe fetcher count=1 refused"];
        Assert.That(await DescribeAsync(), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_probe_for_a_subscriber_is_upkeep_and_one_of_his_client_a_fetch()
    {
        await BefriendAsync(Juliet);
        await Owner.DrainAsync();
        await Remote.SendAsync($"<presence type='probe' from='{Tybalt}' to='{Juliet}'/>");
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { $"xmpp:{Tybalt} active approved subscriber count=1" }));
        await Remote.SendAsync($"<presence type='probe' from='{Tybalt}/x' to='{Juliet}'/>");
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { $"xmpp:{Tybalt} active approved subscriber count=2" }));
    }

    [Test]
    public async Task Directed_presence_makes_a_watcher_but_a_room_none()
    {
        await Owner.SendAsync("<presence to='paris@localhost'/>");
        await Owner.SendAsync("<presence to='room@rooms.example/me'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        await Owner.DrainAsync();
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:paris@localhost active approved directed count=1" }));
    }

    [Test]
    public async Task All_survives_a_crash([Values(1, 3)] int fetches)
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        await romeo.SendAsync($"<presence type='unsubscribe' to='{Juliet}'/>");
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        for (int i = 0; i < fetches; i++)
            await paris.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await Owner.DrainAsync();
        IReadOnlyList<string> before = await DescribeAsync();
        Assert.That(before, Has.Count.EqualTo(2));
        await AfterAsync(1);
        await Server.CrashAsync();
        // Noted before what was stored is read: both come together.
        paris = await Server.LoginAsync("paris@localhost/x");
        await paris.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await ReconnectAsync();
        Assert.That(await DescribeAsync(), Does.Contain(before.Single(line => line.Contains("romeo", StringComparison.Ordinal))));
        Assert.That(await DescribeAsync(), Does.Contain($"xmpp:paris@localhost waiting subscribe fetcher count={fetches + 1} refused"));
    }

    [Test]
    public async Task Entries_and_counts_expire_together()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        (await Owner.AskAsync($"<iq type='set' id='w'><window xmlns='{Ns}' days='2'/></iq>")).ShouldBeResult();
        await AfterAsync(1.9 * 86400);
        Assert.That(await DescribeAsync(), Has.Count.EqualTo(1));
        await AfterAsync(0.2 * 86400);
        Assert.That(await DescribeAsync(), Is.Empty);
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await AfterAsync(1);
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "xmpp:romeo@localhost waiting subscribe fetcher count=1 refused" }));
        foreach (string days in new[] { "0", "366", "", "x" })
            (await Owner.AskAsync($"<iq type='set' id='w'><window xmlns='{Ns}' days='{days}'/></iq>")).ShouldBe("bad-request");
    }

    [Test]
    public async Task Ten_thousand_strangers_are_bounded_and_counted()
    {
        await NoteStrangersAsync(10_000);
        await AfterAsync(1);
        Assert.That(await Server.Engine.RangeAsync(Watchers.Collection, Jid.Parse(Juliet), Watchers.FirstKey, Watchers.LastKey), Has.Count.EqualTo(1000));
        Element list = (await ListAsync("<set xmlns='http://jabber.org/protocol/rsm'><max>2</max></set>")).Children.Single();
        Assert.That((list["dropped"], list.Children.Last().Child("http://jabber.org/protocol/rsm", "count")!.Text), Is.EqualTo(("9000", "1000")));
        using PresentityLease lease = (await Server.Get<Presentities>().AcquireAsync(Jid.Parse(Juliet), default))!;
        Assert.That(Server.Get<Watchers>().Of(lease.Presentity).Records, Has.Count.EqualTo(1000));
        Assert.That(Server.Get<Watchers>().Of(lease.Presentity).Find(Jid.Parse("stranger9999@elsewhere.example")), Is.Not.Null);
        Assert.That(Server.Get<Watchers>().Of(lease.Presentity).Find(Jid.Parse("stranger0@elsewhere.example")), Is.Null);
    }

    [Test]
    public async Task A_list_comes_in_pages_forth_and_back()
    {
        await NoteStrangersAsync(7);
        var seen = new List<string>();
        string after = "";
        for (int i = 0; i < 4; i++)
        {
            Element page = await ListAsync($"<set xmlns='http://jabber.org/protocol/rsm'><max>3</max>{after}</set>");
            seen.AddRange(EntriesOf(page).Select(static entry => entry.Text));
            if (EntriesOf(page).Count == 0)
                break;
            after = $"<after>{EntriesOf(page)[^1]["id"]}</after>";
        }
        Assert.That(seen, Is.EqualTo((await ListAsync()).Children.Single().Children.First().Children.Single().Children.Select(static entry => entry.Text)));
        Element last = await ListAsync("<set xmlns='http://jabber.org/protocol/rsm'><max>3</max><before/></set>");
        Assert.That(EntriesOf(last).Select(static entry => entry.Text), Is.EqualTo(seen[^3..]));
        (await ListAsync("<set xmlns='http://jabber.org/protocol/rsm'><after>nobody</after></set>")).ShouldBe("item-not-found");
        (await ListAsync("<set xmlns='http://jabber.org/protocol/rsm'><max>x</max></set>")).ShouldBe("bad-request");
        Assert.That(EntriesOf(await ListAsync("", "since='2031-01-01T00:00:00Z'")), Is.Empty);
        (await ListAsync("", "since='yesterday'")).ShouldBe("bad-request");
    }

    [Test]
    public async Task A_subscriber_reads_his_own_entry_and_a_stranger_what_nobody_answers()
    {
        await SubscribeAsync(Romeo);
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        // Whatever he did.
        await paris.SendAsync($"<presence type='probe' to='{Juliet}'/><presence type='subscribe' to='{Juliet}'/>");
        await paris.DrainAsync();
        string own = (await AskAsync(romeo, Juliet)).Faceless();
        Assert.That(own, Does.Contain("xmpp:romeo@localhost").And.Not.Contain("paris"));
        string stranger = (await AskAsync(paris, Juliet)).Faceless();
        Assert.That(stranger, Is.EqualTo((await AskAsync(paris, "nobody@localhost")).Faceless()).And.Contain("service-unavailable"));
        // A polite block is not told.
        await Owner.DrainAsync();
        await SetRulesAsync((Romeo, "polite-block"));
        await romeo.DrainAsync();
        Assert.That((await AskAsync(romeo, Juliet)).Faceless(), Is.EqualTo(own));
        Assert.That((await DescribeAsync()).Single(static line => line.Contains("romeo", StringComparison.Ordinal)), Does.Contain("active approved").And.Contain("polite-block"));
    }

    [Test]
    public async Task Changes_are_told_in_steps_of_one_and_not_more_often_than_every_five_seconds()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        Element full = await Owner.AskAsync($"<iq type='set' id='s'><subscribe xmlns='{Ns}'/></iq>");
        Assert.That((InfoOf(full)["version"], InfoOf(full)["state"]), Is.EqualTo(("0", "full")));
        var merged = new Dictionary<string, string>();
        for (int second = 0; second < 21; second++)
        {
            for (int i = 0; i < 3; i++)
                await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
            await AfterAsync(1);
        }
        IReadOnlyList<Element> told = await Owner.DrainAsync();
        Assert.That(told.Select(static message => InfoOf(message)["version"]), Is.EqualTo(new[] { "1", "2", "3", "4", "5" }));
        Assert.That(told.Select(static message => (message.LocalName, message["type"], InfoOf(message)["state"])), Has.All.EqualTo(("message", "headline", "partial")));
        await AfterAsync(10);
        foreach (Element message in told.Concat(await Owner.DrainAsync()))
        {
            foreach (Element entry in EntriesOf(message))
                merged[entry["id"]!] = Describe(entry);
        }
        Assert.That(merged.Values, Is.EqualTo(await DescribeAsync()));
        string version = InfoOf(await ListAsync())["version"]!;
        await RestartAsync();
        Assert.That(InfoOf(await ListAsync())["version"], Is.EqualTo(version));
    }

    [Test]
    public async Task Who_takes_it_back_or_never_asked_is_not_told()
    {
        TestClient other = await Server.LoginAsync(Juliet + "/chamber");
        await Owner.DrainAsync();
        await Owner.AskAsync($"<iq type='set' id='s'><subscribe xmlns='{Ns}'/></iq>");
        (await Owner.AskAsync($"<iq type='set' id='u'><unsubscribe xmlns='{Ns}'/></iq>")).ShouldBeDone();
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await AfterAsync(6);
        await Owner.ExpectNothingAsync();
        await other.ExpectNothingAsync();
    }

    [Test]
    public async Task A_poller_is_known_and_slowed_down_by_iq_but_a_probe_is_answered_and_a_stranger_told_nothing_new()
    {
        await SetRulesAsync((Romeo, "allow"));
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        Element answer = null!;
        for (int i = 0; i < 6; i++)
        {
            await AfterAsync(10);
            answer = await FetchAsync(romeo);
            (await FetchAsync(paris)).ShouldBe("service-unavailable");
        }
        answer.ShouldBe("policy-violation");
        Element error = answer.Children.Single(static child => child.LocalName == "error");
        Assert.That((error["type"], error.Child(Ns, "retry")!["after"]), Is.EqualTo(("wait", "30")));
        Assert.That(await DescribeAsync(), Is.EquivalentTo(new[]
        {
            "xmpp:romeo@localhost active approved poller count=6 interval=10", "xmpp:paris@localhost waiting subscribe poller count=6 refused interval=10",
        }));
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await romeo.ExpectAsync($"<presence from='{Juliet}/balcony'/>"), Is.Not.Null);
        await AfterAsync(40);
        (await FetchAsync(romeo)).ShouldBeResult();
        using PresentityLease lease = (await Server.Get<Presentities>().AcquireAsync(Jid.Parse(Juliet), default))!;
        Assert.That(Server.Get<Watchers>().IsPoller(lease.Presentity, Jid.Parse(Romeo)), Is.True);
        Assert.That(Server.Get<Watchers>().IsPoller(lease.Presentity, Jid.Parse("other@localhost")), Is.False);
    }

    [Test]
    public async Task That_somebody_polls_is_known_before_the_records_are_read()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        for (int i = 0; i < 6; i++)
        {
            await AfterAsync(10);
            await FetchAsync(romeo);
        }
        await AfterAsync(10);
        await Server.CrashAsync();
        using PresentityLease lease = (await Server.Get<Presentities>().AcquireAsync(Jid.Parse(Juliet), default))!;
        Assert.That(Server.Get<Watchers>().Of(lease.Presentity).IsLoaded, Is.False);
        Assert.That(Server.Get<Watchers>().IsPoller(lease.Presentity, Jid.Parse(Romeo)), Is.True);
    }

    [Test]
    public async Task An_account_is_let_go_of_when_nothing_is_left_to_do()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await Owner.DisconnectAsync();
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await AfterAsync(6);
        Assert.That(Server.Get<Presentities>().TryFind(Jid.Parse(Juliet), out _), Is.True);
        await AfterAsync(130);
        await AfterAsync(1);
        Assert.That(Server.Get<Presentities>().TryFind(Jid.Parse(Juliet), out _), Is.False);
    }

    [Test]
    public async Task Commands_show_the_same_and_set_the_window()
    {
        await SubscribeAsync(Romeo);
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        await paris.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Element who = await Owner.AskAsync($"<iq type='set' id='1'><command xmlns='http://jabber.org/protocol/commands' node='{Ns}#who'/></iq>");
        Assert.That(who.ToString(), Does.Contain("romeo@localhost").And.Contain("paris@localhost").And.Contain("got nothing").And.Contain("2 watchers, last: "));
        Element ask = await Owner.AskAsync($"<iq type='set' id='2'><command xmlns='http://jabber.org/protocol/commands' node='{Ns}#window'/></iq>");
        Element done = await Owner.AskAsync(
            $"<iq type='set' id='3'><command xmlns='http://jabber.org/protocol/commands' node='{Ns}#window' sessionid='{ask.Children.Single()["sessionid"]}'><x xmlns='jabber:x:data' type='submit'><field var='days'><value>7</value></field></x></command></iq>");
        Assert.That(done.ToString(), Does.Contain("7 days"));
        Assert.That((await Owner.AskAsync($"<iq type='get' id='4'><window xmlns='{Ns}'/></iq>")).Children.Single()["days"], Is.EqualTo("7"));
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        Element whom = await romeo.AskAsync($"<iq type='set' id='5'><command xmlns='http://jabber.org/protocol/commands' node='{Ns}#whom'/></iq>");
        Assert.That(whom.ToString(), Does.Contain("juliet@localhost").And.Contain("active"));
    }

    [Test]
    public async Task Nothing_is_left_of_an_account_that_is_deleted()
    {
        await NoteStrangersAsync(3);
        await AfterAsync(1);
        await Server.Get<Server.Routing.AccountRemoval>().DeleteAsync(Jid.Parse(Juliet), null, default);
        Assert.That(await Server.Engine.RangeAsync(Watchers.Collection, Jid.Parse(Juliet)), Is.Empty);
        await AfterAsync(1);
        Assert.That(Keeper.Count, Is.Zero);
    }

    private async Task SubscribeAsync(string watcher)
    {
        await Server.SubscribeAsync(watcher, Juliet);
        await Owner.DrainAsync();
    }

    private async Task<Element> AskAgainAsync()
    {
        await Owner.DrainAsync();
        return await ListAsync();
    }

    private static string Text(KeyValuePair<string, ReadOnlyMemory<byte>> entry) => $"{entry.Key} {System.Text.Encoding.UTF8.GetString(entry.Value.Span)}";

    private static Task<Element> AskAsync(TestClient client, string whom) => client.AskAsync($"<iq type='get' id='own' to='{whom}'><watchers xmlns='{Ns}'/></iq>");
}
