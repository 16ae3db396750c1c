using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence.Watching;

/// <summary>VISIBILITY RULES (RFC 2778 §2.4): how a watcher appears, and how far he can hide.</summary>
public sealed class VisibilityTests : WatcherFixture
{
    private const string VisibilityNs = "urn:x-presencexml:visibility:0";

    private static readonly string[] Values = ["full", "coarse", "count", "none"];

    private TestClient romeo = null!;

    [SetUp]
    public async Task ConnectWatcherAsync()
    {
        await Server.SubscribeAsync(Romeo, Juliet);
        await Owner.DrainAsync();
        romeo = await Server.LoginAsync(Romeo + "/orchard");
    }

    [Test]
    public async Task Each_value_to_the_owner_to_the_watcher_and_to_an_administrator([ValueSource(nameof(Values))] string show, [Values] bool isOnline)
    {
        await ShowAsync($"<default show='{show}'/>");
        Server.Clock.Advance(TimeSpan.FromHours(7));
        await romeo.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        string own = (await AskOwnAsync()).ToString();
        if (!isOnline)
            await romeo.DisconnectAsync();
        await Owner.DrainAsync();
        IReadOnlyList<Element> entries = EntriesOf(await ListAsync());
        string[] expected = show switch
        {
            "full" => ["xmpp:romeo@localhost active approved subscriber count=2 2030-01-01T07:00:00Z"],
            "coarse" => ["xmpp:romeo@localhost active approved subscriber 2030-01-01T00:00:00Z"],
            "count" => ["px:hidden active approved hidden=1"],
            _ => [],
        };
        Assert.That(entries.Select(static entry => $"{Describe(entry)} {Own(entry, "last")}".Trim()), Is.EqualTo(expected));
        // Of himself he knows.
        Assert.That(own, Does.Contain("xmpp:romeo@localhost"));
        using PresentityLease lease = (await Server.Get<Presentities>().AcquireAsync(Jid.Parse(Juliet), default))!;
        WatcherList audited = await Server.Get<WatcherReader>().ReadAsync(lease.Presentity, sees: false);
        Assert.That(audited.Entries.Single().Record.Watcher, Is.EqualTo(Jid.Parse(Romeo)));
        Assert.That(Server.Get<Watchers>().VisibilityOf(lease.Presentity, Jid.Parse(Romeo)), Is.EqualTo(Enum.Parse<Visibility>(show, ignoreCase: true)));
    }

    [Test]
    public async Task The_first_rule_that_holds_decides_and_another_rule_shows_old_entries_anew()
    {
        await romeo.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{Juliet}'><group>Work</group></item></query></iq>");
        await romeo.DrainAsync();
        foreach ((string rules, int entries) in new[]
        {
            ($"<rule for='jid:{Juliet}' show='full'/><default show='none'/>", 1),
            ("<rule for='domain:localhost' show='none'/><default show='full'/>", 0),
            ("<rule for='group:Home' show='none'/><default show='full'/>", 1),
            ("<rule for='group:Work' show='none'/><rule for='domain:localhost' show='full'/><default show='full'/>", 0),
            ("<default show='full'/>", 1),
        })
        {
            await ShowAsync(rules);
            Assert.That(await DescribeAsync(), Has.Count.EqualTo(entries), rules);
        }
    }

    [Test]
    public async Task Rules_survive_a_restart_and_hold_while_the_watcher_is_off()
    {
        await romeo.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{Juliet}'><group>Work</group></item></query></iq>");
        await romeo.DrainAsync();
        await ShowAsync("<rule for='group:Work' show='count'/><default show='full'/>");
        await romeo.DisconnectAsync();
        await RestartAsync();
        Assert.That(await DescribeAsync(), Is.EqualTo(new[] { "px:hidden active approved hidden=1" }));
        romeo = await Server.LoginAsync(Romeo + "/orchard");
        Element rules = (await romeo.AskAsync($"<iq type='get' id='g'><visibility xmlns='{VisibilityNs}'/></iq>")).Children.Single();
        Assert.That(rules.ToString(), Is.EqualTo($"<visibility xmlns='{VisibilityNs}'><rule for='group:Work' show='count'/><default show='full'/></visibility>"));
    }

    [Test]
    public async Task A_request_a_refused_attempt_and_a_poller_do_not_vanish([ValueSource(nameof(Values))] string show)
    {
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        (await paris.AskAsync($"<iq type='set' id='v'><visibility xmlns='{VisibilityNs}'><default show='{show}'/></visibility></iq>")).ShouldBeDone();
        await paris.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        bool isHidden = show is "count" or "none";
        Assert.That(await DescribeAsync(), isHidden ? Does.Contain("px:hidden active approved hidden=1") : Has.Some.StartsWith("xmpp:paris@localhost"));
        await SetRulesAsync(("paris@localhost", "allow"));
        await paris.DrainAsync();
        for (int i = 0; i < 6; i++)
        {
            Server.Clock.Advance(TimeSpan.FromMinutes(5));
            await FetchAsync(paris);
        }
        Assert.That(await DescribeAsync(), isHidden ? Does.Contain("px:hidden active approved hidden=1") : Has.Some.Contains("poller"));
        await SetRulesAsync();
        await paris.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        await Owner.DrainAsync();
        Assert.That(await DescribeAsync(), Has.Some.StartsWith("xmpp:paris@localhost pending"));
    }

    [Test]
    public async Task A_permitted_fetch_can_be_hidden_wholly()
    {
        await SetRulesAsync(("paris@localhost", "allow"));
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        (await paris.AskAsync($"<iq type='set' id='v'><visibility xmlns='{VisibilityNs}'><default show='none'/></visibility></iq>")).ShouldBeDone();
        (await FetchAsync(paris)).ShouldBeResult();
        Assert.That(await DescribeAsync(), Has.None.Contains("paris").And.None.Contains("hidden"));
    }

    [Test]
    public async Task What_a_client_says_of_itself_is_overwritten_and_only_what_its_account_says_leaves()
    {
        await romeo.SendAsync($"<presence type='probe' to='{Tybalt}'><visibility xmlns='{VisibilityNs}' show='none'/></presence>");
        Assert.That(Remote.Drain().Single().Nodes, Is.Empty);
        await ShowAsync("<default show='coarse'/>");
        await romeo.SendAsync($"<presence type='probe' to='{Tybalt}'><visibility xmlns='{VisibilityNs}' show='none'/></presence>");
        await romeo.SendAsync($"<presence type='subscribe' to='{Tybalt}'><visibility xmlns='{VisibilityNs}' show='none'/><status>Hello</status></presence>");
        IReadOnlyList<Element> sent = Remote.Drain();
        Assert.That(sent.Select(static stanza => stanza.Child(VisibilityNs, "visibility")!["show"]), Is.EqualTo(new[] { "coarse", "coarse" }));
        Assert.That(sent[1].ToString(), Does.Contain("Hello"));
        // Here the rules are known: what a client says changes nothing, and nobody sees it.
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        await paris.SendAsync($"<presence type='subscribe' to='{Juliet}'><visibility xmlns='{VisibilityNs}' show='none'/></presence>");
        Assert.That((await Owner.DrainAsync()).Single().Nodes, Is.Empty);
    }

    [Test]
    public async Task A_hint_of_another_server_counts_only_where_a_certificate_proves_it()
    {
        using PresentityLease lease = (await Server.Get<Presentities>().AcquireAsync(Jid.Parse(Juliet), default))!;
        var probe = new Protocol.Stanzas.Fetch
        {
            From = Jid.Parse("mercutio@certified.example/x"),
            To = Jid.Parse(Juliet),
            Content = Protocol.Stanzas.StanzaContent.Of(new Element(VisibilityNs, "visibility", new XmlAttribute("show", "coarse"))),
        };
        lock (lease.Presentity.Gate)
        {
            Server.Get<Watchers>().NoteFetch(lease.Presentity, probe.From, FetchForm.Probe, Strength.Certificate, true, probe);
            probe = probe with { From = Jid.Parse("mercutio@called.example/x") };
            Server.Get<Watchers>().NoteFetch(lease.Presentity, probe.From, FetchForm.Probe, Strength.Dialback, true, probe);
        }
        IReadOnlyList<Element> entries = EntriesOf(await ListAsync());
        Assert.That(
            entries.Where(static entry => entry.Text.Contains("mercutio", StringComparison.Ordinal)).Select(static entry => (entry.Text, Own(entry, "shown"))),
            Is.EquivalentTo(new[] { ("xmpp:mercutio@certified.example", "coarse"), ("xmpp:mercutio@called.example", null) }));
    }

    [TestCase("<rule for='jid:x@y' show='hidden'/>")]
    [TestCase("<rule for='planet:mars' show='full'/>")]
    [TestCase("<rule for='jid:@@' show='full'/>")]
    [TestCase("<rule for='domain:a@b' show='full'/>")]
    [TestCase("<rule show='full'/>")]
    [TestCase("<other/>")]
    [TestCase("<default show='full'/><default show='none'/>")]
    public async Task Rules_that_make_no_sense_change_nothing(string rules)
    {
        (await romeo.AskAsync($"<iq type='set' id='v'><visibility xmlns='{VisibilityNs}'>{rules}</visibility></iq>")).ShouldBe("bad-request");
        Assert.That((await romeo.AskAsync($"<iq type='get' id='g'><visibility xmlns='{VisibilityNs}'/></iq>")).ToString(), Does.Contain("<default show='full'/>"));
    }

    [Test]
    public async Task Nobody_else_reads_or_writes_them()
    {
        foreach (string type in new[] { "get", "set" })
        {
            foreach (string whom in new[] { Romeo, "nobody@localhost" })
                (await Owner.AskAsync($"<iq type='{type}' id='v' to='{whom}'><visibility xmlns='{VisibilityNs}'/></iq>")).ShouldBe("service-unavailable");
        }
    }

    [Test]
    public async Task The_command_writes_the_same_rules()
    {
        Element ask = await romeo.AskAsync($"<iq type='set' id='1'><command xmlns='http://jabber.org/protocol/commands' node='{VisibilityNs}#rules'/></iq>");
        Element done = await romeo.AskAsync(
            $"<iq type='set' id='2'><command xmlns='http://jabber.org/protocol/commands' node='{VisibilityNs}#rules' sessionid='{ask.Children.Single()["sessionid"]}'>"
            + "<x xmlns='jabber:x:data' type='submit'><field var='default'><value>count</value></field><field var='rules'><value>group:Old friends full</value></field></x></command></iq>");
        Assert.That(done.ToString(), Does.Contain("completed"));
        Element rules = (await romeo.AskAsync($"<iq type='get' id='g'><visibility xmlns='{VisibilityNs}'/></iq>")).Children.Single();
        Assert.That(rules.ToString(), Does.Contain("<rule for='group:Old friends' show='full'/><default show='count'/>"));
    }

    private async Task ShowAsync(string rules) => (await romeo.AskAsync($"<iq type='set' id='v'><visibility xmlns='{VisibilityNs}'>{rules}</visibility></iq>")).ShouldBeDone();

    private async Task<Element> AskOwnAsync()
    {
        await romeo.DrainAsync();
        return await romeo.AskAsync($"<iq type='get' id='own' to='{Juliet}'><watchers xmlns='{Ns}'/></iq>");
    }
}
