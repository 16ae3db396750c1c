using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>ACCESS RULES (RFC 2778 §2.4, RFC 5025): what a watcher sees, by each path, here and elsewhere.</summary>
public sealed class AccessRulesTests : WatcherFixture
{
    private const string Policy = "urn:ietf:params:xml:ns:common-policy";
    private const string Rules = "urn:ietf:params:xml:ns:pres-rules";
    private const string Own = "urn:x-presencexml:access:0";

    private static readonly string[] Decisions = ["block", "confirm", "polite-block", "allow"];

    private readonly List<string> told = [];
    private TestClient juliet = null!;

    [SetUp]
    public void Forget() => told.Clear();

    [SetUp]
    public async Task AddAccountsAsync() => await Server.AddAccountsAsync(Juliet, Romeo, "mercutio@localhost");

    [Test]
    public async Task A_request_is_answered_by_the_rules([ValueSource(nameof(Decisions))] string decision, [Values] bool isLocal)
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        await SetAsync(Rule("r", One(isLocal), Handling(decision)));
        IWatcher watcher = await WatcherAsync(isLocal);
        await watcher.SendAsync($"<presence type='subscribe' to='{Juliet}' id='s1'/>");
        IReadOnlyList<string> got = await watcher.GotAsync();
        switch (decision)
        {
            case "block":
                Assert.That(got, Is.EqualTo(new[] { "unsubscribed juliet@localhost" }));
                await juliet.ExpectNothingAsync();
                break;
            case "confirm":
                Assert.That(got, Is.Empty);
                await juliet.ExpectAsync($"<presence type='subscribe' from='{watcher.Bare}'/>");
                break;
            case "polite-block":
                Assert.That(got, Is.EqualTo(new[] { "subscribed juliet@localhost" }));
                await juliet.ExpectNothingAsync();
                break;
            default:
                Assert.That(got, Is.EqualTo(new[] { "subscribed juliet@localhost", "available juliet@localhost/balcony" }));
                await juliet.ExpectNothingAsync();
                break;
        }
    }

    [Test]
    public async Task A_subscriber_is_told_what_new_rules_take_from_him([ValueSource(nameof(Decisions))] string decision, [Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await SetAsync(Rule("r", One(isLocal), Handling(decision)));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(decision switch
        {
            "block" => new[] { "unavailable juliet@localhost/balcony", "unsubscribed juliet@localhost" },
            "allow" => [],
            _ => ["unavailable juliet@localhost/balcony"],
        }));
        Assert.That(told, decision == "confirm" ? Is.EqualTo(new[] { $"subscribe {watcher.Bare}" }) : Is.Empty);
        // What she does from now on reaches him or not.
        await juliet.SendAsync("<presence><show>away</show></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(decision == "allow" ? new[] { "available juliet@localhost/balcony away" } : []));
        await juliet.SendAsync("<presence type='unavailable'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(decision == "allow" ? new[] { "unavailable juliet@localhost/balcony" } : []));
    }

    [Test]
    public async Task A_probe_is_answered_by_the_rules([ValueSource(nameof(Decisions))] string decision, [Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await SetAsync(Rule("r", One(isLocal), Handling(decision)));
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}' id='p1'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[]
        {
            decision switch
            {
                "block" => "unsubscribed juliet@localhost",
                "allow" => "available juliet@localhost/balcony",
                _ => "unavailable juliet@localhost 2030-01-01T00:00:00Z",
            },
        }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}/balcony' id='p2'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[]
        {
            decision switch
            {
                "block" => "unsubscribed juliet@localhost",
                "allow" => "available juliet@localhost/balcony",
                _ => "unavailable juliet@localhost/balcony",
            },
        }));
    }

    [Test]
    public async Task Last_activity_and_discovery_are_answered_by_the_rules([ValueSource(nameof(Decisions))] string decision, [Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await SetAsync(Rule("r", One(isLocal), Handling(decision)));
        await watcher.GotAsync();
        Server.Clock.Advance(TimeSpan.FromSeconds(7));
        await watcher.SendAsync($"<iq type='get' id='l' to='{Juliet}'><query xmlns='jabber:iq:last'/></iq>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { decision switch { "block" => "error service-unavailable", "allow" => "last 0", _ => "last 7" } }));
        await watcher.SendAsync($"<iq type='get' id='d' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { decision switch { "block" => "error service-unavailable", "allow" => "items juliet@localhost/balcony", _ => "items" } }));
        await watcher.SendAsync($"<iq type='get' id='v' to='{Juliet}/balcony'><query xmlns='jabber:iq:version'/></iq>");
        if (decision == "allow")
        {
            await juliet.ExpectAsync("<iq type='get' id='v'/>");
            Assert.That(await watcher.GotAsync(), Is.Empty);
        }
        else
        {
            Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "error service-unavailable" }));
        }
    }

    [Test]
    public async Task Who_was_let_in_politely_is_on_no_roster_and_comes_onto_it_when_he_is_let_in()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        await juliet.ShowInterestAsync();
        await SetAsync(Rule("r", One(true), Handling("polite-block")));
        TestClient romeo = await LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        await romeo.DrainAsync();
        await juliet.ExpectNothingAsync();
        Element roster = await juliet.AskAsync("<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(roster.ToString(), Does.Not.Contain(Romeo));

        await SetAsync("");
        Assert.That(told.Single(), Does.Contain(Romeo).And.Contain("'from'").Or.Contain("\"from\""));
        await romeo.ExpectAsync($"<presence from='{Juliet}/balcony'/>");
    }

    [Test]
    public async Task Who_was_let_in_politely_can_go_unseen()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        await juliet.ShowInterestAsync();
        await SetAsync(Rule("r", One(true), Handling("polite-block")));
        TestClient romeo = await LoginAsync(Romeo + "/orchard");
        await romeo.SendAsync($"<presence type='subscribe' to='{Juliet}'/>");
        await romeo.DrainAsync();
        await romeo.SendAsync($"<presence type='unsubscribe' to='{Juliet}'/>");
        await juliet.ExpectNothingAsync();
        Assert.That(juliet.Session.Presentity.Contact(romeo.Address.Bare), Is.Null);
    }

    [Test]
    public async Task Asked_again_the_presentity_answers_and_the_subscriber_never_knew([Values] bool isLocal, [Values] bool isGranted)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await SetAsync(Rule("r", One(isLocal), Handling("confirm")));
        await watcher.GotAsync();
        Assert.That(told, Is.EqualTo(new[] { $"subscribe {watcher.Bare}" }));
        // She is asked at each login until she has answered, also after a crash.
        await Server.CrashAsync();
        StandElsewhere();
        juliet = await Server.ConnectAsync(Juliet + "/balcony");
        await juliet.SendAsync("<presence/>");
        Assert.That((await juliet.DrainAsync()).Select(Describe), Does.Contain($"subscribe {watcher.Bare}"));
        watcher = await WatcherAsync(isLocal);
        Assert.That(await watcher.GotAsync(), Is.Empty);

        await juliet.SendAsync($"<presence type='{(isGranted ? "subscribed" : "unsubscribed")}' to='{watcher.Bare}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { isGranted ? "available juliet@localhost/balcony" : "unsubscribed juliet@localhost" }));
        await juliet.DrainAsync();
        await using TestClient again = await LoginAsync(Juliet + "/again");
        await juliet.SendAsync("<presence type='unavailable'/>");
        await juliet.SendAsync("<presence/>");
        Assert.That((await juliet.DrainAsync()).Select(Describe), Does.Not.Contain($"subscribe {watcher.Bare}"));
    }

    [Test]
    public async Task Two_watchers_see_two_things_at_the_same_time_by_each_path([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await Server.SubscribeAsync("mercutio@localhost", Juliet);
        TestClient mercutio = await LoginAsync("mercutio@localhost/square");
        await SetAsync(Rule("r", One(isLocal), "", $"<hide xmlns='{Own}'><note/><activities/></hide>"));
        await juliet.SendAsync("<presence><show>dnd</show><status>With the nurse</status><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony +c" }));
        await mercutio.DrainAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony +c" }));
        await mercutio.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        await mercutio.ExpectAsync("<presence from='juliet@localhost/balcony'><show>dnd</show><status>With the nurse</status></presence>");
        // And what she says as she goes, by the farewell, by a later probe and by last activity.
        await juliet.SendAsync("<presence type='unavailable'><status>Anon</status></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost 2030-01-01T00:00:00Z" }));
        await watcher.SendAsync($"<iq type='get' id='l' to='{Juliet}'><query xmlns='jabber:iq:last'/></iq>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "last 0" }));
        await mercutio.ExpectAsync("<presence type='unavailable' from='juliet@localhost/balcony'><status>Anon</status></presence>");
    }

    [Test]
    public async Task A_new_rule_about_content_is_told_at_once_and_its_end_too()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await juliet.SendAsync("<presence><status>With the nurse</status></presence>");
        await juliet.DrainAsync();
        await watcher.GotAsync();
        await SetAsync(Rule("r", One(true), "", $"<hide xmlns='{Own}'><note/></hide>"));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
        await SetAsync(Rule("r", One(true), "", $"<hide xmlns='{Own}'><note/><mood/></hide>"));
        Assert.That(await watcher.GotAsync(), Is.Empty, "he sees what he saw");
        await SetAsync("");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony 'With the nurse'" }));
    }

    [Test]
    public async Task A_resource_can_be_hidden_and_is_gone_for_him()
    {
        IWatcher watcher = await SubscriberAsync(true);
        TestClient phone = await LoginAsync(Juliet + "/phone");
        await juliet.DrainAsync();
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/phone" }));
        await SetAsync(Rule("r", One(true), "", $"<hide xmlns='{Own}'><tuple id='pho*'/></hide>"));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/phone" }));
        await phone.SendAsync("<presence><show>away</show></presence>");
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}/phone'/>");
        await watcher.SendAsync($"<iq type='get' id='v' to='{Juliet}/phone'><query xmlns='jabber:iq:version'/></iq>");
        await watcher.SendAsync($"<iq type='get' id='d' to='{Juliet}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[]
        {
            "unavailable juliet@localhost/phone", "error service-unavailable", "items juliet@localhost/balcony",
        }));
        await juliet.SendAsync("<presence type='unavailable'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await phone.SendAsync("<presence type='unavailable'/>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
    }

    [Test]
    public async Task Another_word_is_shown_in_place_of_the_true_one()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await SetAsync(Rule("r", One(true), "", $"<present-as xmlns='{Own}' show='dnd' note='At work'/>"));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony dnd 'At work'" }));
        await juliet.SendAsync("<presence><show>chat</show><status>Come over!</status></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony dnd 'At work'" }));
    }

    [Test]
    public async Task Times_are_rounded()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await SetAsync(Rule("r", One(true), "", $"<times xmlns='{Own}' round='PT1H'/>"));
        await juliet.SendAsync("<presence><idle xmlns='urn:xmpp:idle:1' since='2029-12-31T22:51:10Z'/></presence>");
        Assert.That((await watcher.RawAsync()).Single().ToString(), Does.Contain("since='2029-12-31T22:00:00Z'").Or.Contain("since=\"2029-12-31T22:00:00Z\""));
        Server.Clock.Advance(TimeSpan.FromMinutes(90));
        await juliet.SendAsync("<presence type='unavailable'/>");
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost 2030-01-01T01:00:00Z" }));
    }

    [Test]
    public async Task What_several_rules_show_is_shown_and_what_one_hides_is_hidden()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await juliet.SendAsync("<presence><show>away</show><status>Here</status><nick xmlns='http://jabber.org/protocol/nick'>Jule</nick></presence>");
        await watcher.GotAsync();
        string all = $"<identity xmlns='{Policy}'><many/></identity>";
        await SetAsync(
            Rule("a", all, Handling("allow"), $"<provide-note xmlns='{Rules}'>true</provide-note>")
            + Rule("b", One(true), Handling("polite-block"), $"<provide-activities xmlns='{Rules}'>true</provide-activities>"));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony away 'Here'" }));
        await SetAsync(
            Rule("a", all, Handling("allow"), $"<provide-all-attributes xmlns='{Rules}'/>")
            + Rule("b", One(true), "", $"<hide xmlns='{Own}'><note/></hide>"));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony away +nick" }));
        await SetAsync(
            Rule("a", all, Handling("allow"))
            + Rule("b", One(true), Handling("polite-block") + $"<override xmlns='{Own}'/>"));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
    }

    [Test]
    public async Task Groups_decide_and_a_change_of_groups_is_told()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await SetAsync(Rule("r", $"<group xmlns='{Own}'>Work</group>", Handling("polite-block")));
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await RosterSetAsync("<group>Work</group>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await RosterSetAsync("<group>Friends</group>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
    }

    [Test]
    public async Task A_week_has_its_windows_and_their_edges_are_told()
    {
        // 1 January 2030 is a Tuesday.
        IWatcher watcher = await SubscriberAsync(true);
        await SetAsync(Rule("r", One(true) + $"<time xmlns='{Own}' days='tue' from='01:00' to='02:00' tz='UTC'/>", Handling("polite-block")));
        Assert.That(await watcher.GotAsync(), Is.Empty);
        Server.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.That(await watcher.GotAsync(), Is.Empty);
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
    }

    [Test]
    public async Task It_can_be_asked_how_sure_it_is_who_somebody_is()
    {
        IWatcher watcher = await SubscriberAsync(false);
        await SetAsync(
            Rule("sure", $"<auth xmlns='{Own}' min='certificate'/>", Handling("allow"), $"<provide-all-attributes xmlns='{Rules}'/>")
            + Rule("rest", $"<identity xmlns='{Policy}'><many/></identity>", "", $"<provide-nick xmlns='{Own}'>true</provide-nick>"));
        await juliet.SendAsync("<presence><status>Here</status></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
    }

    [Test]
    public async Task Rules_hold_with_nobody_online_and_after_a_restart([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await SetAsync(Rule("r", One(isLocal), Handling("polite-block")));
        await juliet.SendAsync("<presence type='unavailable'><status>Good night</status></presence>");
        await juliet.DisconnectAsync();
        await Server.RestartAsync();
        StandElsewhere();
        Server.Clock.Advance(TimeSpan.FromHours(3));
        watcher = await WatcherAsync(isLocal);
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost 2030-01-01T00:00:00Z" }), "what he was told when he was shut out, not when she really went");
        juliet = await Server.LoginAsync(Juliet + "/balcony");
        Assert.That(await watcher.GotAsync(), Is.Empty);
    }

    [Test]
    public async Task Rules_that_cannot_be_read_any_more_show_nobody_anything_and_their_owner_can_mend_them([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await juliet.DisconnectAsync();
        await watcher.GotAsync();
        string document = Rule("r", $"<time xmlns='{Own}' tz='Nowhere/Gone'/>", Handling("allow"));
        await Server.Engine.Commit(new StorageBatch().Put("access", Jid.Parse(Juliet), "rules", Encoding.UTF8.GetBytes($"7\n<ruleset xmlns='{Policy}'>{document}</ruleset>")));
        await Server.RestartAsync();
        StandElsewhere();
        juliet = await LoginAsync(Juliet + "/balcony");
        Server.Log.Announce(1);
        watcher = await WatcherAsync(isLocal);
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That((await watcher.GotAsync()).Single(), Does.StartWith("unavailable juliet@localhost"));
        Assert.That((await juliet.AskAsync($"<iq type='get' id='g'><ruleset xmlns='{Policy}'/></iq>")).ToString(), Does.Contain("Nowhere/Gone"));
        await SetAsync("");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
    }

    [TestCase("<rule xmlns='urn:ietf:params:xml:ns:common-policy' id='r'><conditions><moon xmlns='urn:x-test'/></conditions></rule>", "rule \"r\": the condition <moon xmlns='urn:x-test'/> is not known")]
    [TestCase("<rule xmlns='urn:ietf:params:xml:ns:common-policy'/>", "a rule needs id='…'")]
    [TestCase("<rule xmlns='urn:ietf:params:xml:ns:common-policy' id='r'/><rule xmlns='urn:ietf:params:xml:ns:common-policy' id='r'/>", "two rules have the id \"r\"")]
    [TestCase("<rule xmlns='urn:ietf:params:xml:ns:common-policy' id='r'><actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>maybe</sub-handling></actions></rule>", "rule \"r\": sub-handling is block, confirm, polite-block or allow, not \"maybe\"")]
    [TestCase("<rule xmlns='urn:ietf:params:xml:ns:common-policy' id='r'><conditions><time xmlns='urn:x-presencexml:access:0' tz='Verona'/></conditions></rule>", "rule \"r\": the time zone \"Verona\" is not known here")]
    [TestCase("<rule xmlns='urn:ietf:params:xml:ns:common-policy' id='r'><conditions><identity><one id='@@'/></identity></conditions></rule>", "rule \"r\": \"@@\" is no address")]
    public async Task What_is_wrong_is_named_and_nothing_changes(string rules, string text)
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        Element answer = await juliet.AskAsync($"<iq type='set' id='b'><ruleset xmlns='{Policy}'>{rules}</ruleset></iq>");
        answer.ShouldBe("bad-request");
        Assert.That(answer.ToString(), Does.Contain(text.Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)).Or.Contain(text));
        Assert.That((await juliet.AskAsync($"<iq type='get' id='g'><ruleset xmlns='{Policy}'/></iq>")).ToString(), Does.Contain("version='0'").Or.Contain("version=\"0\""));
    }

    [Test]
    public async Task Rules_are_replaced_only_by_who_has_seen_the_last_and_others_are_told()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        TestClient phone = await LoginAsync(Juliet + "/phone");
        await juliet.DrainAsync();
        await phone.AskAsync($"<iq type='get' id='g'><ruleset xmlns='{Policy}'/></iq>");
        Element answer = await juliet.AskAsync($"<iq type='set' id='1'><ruleset xmlns='{Policy}' version='0'>{Rule("r", One(true), Handling("allow"))}</ruleset></iq>");
        string version = answer.Children.Single()["version"]!;
        await phone.ExpectAsync($"<iq type='set'><ruleset xmlns='{Policy}' version='{version}'><rule id='r'/></ruleset></iq>");
        (await phone.AskAsync($"<iq type='set' id='2'><ruleset xmlns='{Policy}' version='0'/></iq>")).ShouldBe("conflict");
        Element now = await phone.AskAsync($"<iq type='get' id='3'><ruleset xmlns='{Policy}'/></iq>");
        Assert.That(now.Children.Single()["version"], Is.EqualTo(version));
        Assert.That(now.Children.Single().Children.Single()["id"], Is.EqualTo("r"));
    }

    private static string One(bool isLocal) => $"<identity xmlns='{Policy}'><one id='{(isLocal ? Romeo : Tybalt)}'/></identity>";

    private static string Handling(string decision) => $"<sub-handling xmlns='{Rules}'>{decision}</sub-handling>";

    private static string Rule(string id, string conditions, string actions, string? transformations = null) =>
        $"<rule xmlns='{Policy}' id='{id}'><conditions>{conditions}</conditions><actions>{actions}</actions>"
        + (transformations is null ? "" : $"<transformations>{transformations}</transformations>") + "</rule>";

    // What she is told on the way is in "told".
    private async Task SetAsync(string rules)
    {
        await juliet.SendAsync($"<iq type='set' id='set'><ruleset xmlns='{Policy}'>{rules}</ruleset></iq>");
        told.Clear();
        while (await juliet.ExpectAnyAsync() is var next)
        {
            if (next["id"] == "set")
            {
                Assert.That(next["type"], Is.EqualTo("result"), next.ToString());
                return;
            }
            told.Add(next.LocalName == "iq" ? next.ToString() : Describe(next));
        }
    }

    private async Task RosterSetAsync(string groups)
    {
        await juliet.SendAsync($"<iq type='set' id='rs'><query xmlns='jabber:iq:roster'><item jid='{Romeo}'>{groups}</item></query></iq>");
        await juliet.DrainAsync();
    }

    // Juliet is online, and the watcher, who sees her.
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
