using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Delivery;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Delivery;

/// <summary>The owner reads, changes and tries his rules.</summary>
public sealed class DeliveryModuleTests : DeliveryFixture
{
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.ModuleOptions.Set("deliveryRules", new DeliveryOptions { Strangers = "deliver", ReportTo = "abuse@elsewhere.example" });
    }

    [SetUp]
    public async Task ConnectAsync() => juliet = await Server.ConnectAsync("juliet@localhost/balcony");

    private Task<Element> GetAsync(string id = "g") => juliet.AskAsync($"<iq type='get' id='{id}'><delivery xmlns='{Ns}'/></iq>");

    private Task<Element> PutAsync(string ver, string rules, string id = "s") => juliet.AskAsync($"<iq type='set' id='{id}'><delivery xmlns='{Ns}' ver='{ver}'>{rules}</delivery></iq>");

    [Test]
    public async Task Rules_are_kept_with_their_version_also_over_a_crash()
    {
        Assert.That((await GetAsync()).ToString(), Does.Contain($"<delivery xmlns='{Ns}' ver='0'/>"));
        const string Night = "<rule name='night'><time days='mon-fri' from='22:00' to='07:00' tz='Europe/Paris'/><not><from group='Family'/></not><quiet/><stop/></rule>";
        const string Vacation = "<rule name='vacation'><my offline='PT8H'/><reply every='P1D'>Back on Monday.</reply></rule>";
        Element set = await PutAsync("0", Night + Vacation);
        Assert.That(set.Child(Ns, "delivery")!["ver"], Is.EqualTo("1"));
        string expected = $"<delivery xmlns='{Ns}' ver='1'>{Night}{Vacation}</delivery>";
        Assert.That((await GetAsync()).Child(Ns, "delivery")!.ToString(), Is.EqualTo(expected));
        await Server.CrashAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Assert.That((await GetAsync()).Child(Ns, "delivery")!.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public async Task Who_changes_what_was_changed_meanwhile_is_told_and_changes_nothing()
    {
        await PutAsync("0", Rule("<keep/>"));
        (await PutAsync("0", Rule("<discard/>"))).ShouldBe("conflict");
        (await PutAsync("2", Rule("<discard/>"))).ShouldBe("conflict");
        Assert.That((await GetAsync()).ToString(), Does.Contain("<keep/>"));
        Assert.That((await PutAsync("1", "")).Child(Ns, "delivery")!["ver"], Is.EqualTo("2"));
    }

    [Test]
    public async Task What_is_wrong_is_told_with_its_rule_and_changes_nothing()
    {
        Element bad = await PutAsync("0", Rule("<body matches='(a'/><keep/>", "links"));
        bad.ShouldBe("bad-request");
        Assert.That(bad.ToString(), Does.Contain("Rule \"links\": &lt;body/&gt;: a ) is missing."));
        (await PutAsync("0", "<odd/>")).ShouldBe("bad-request");
        (await juliet.AskAsync($"<iq type='set' id='v'><delivery xmlns='{Ns}'/></iq>")).ShouldBe("bad-request");
        (await PutAsync("0", Rule($"<reply>{new string('x', 900)}</reply>") + $"<!---->".Replace("<!---->", new string(' ', 65536), StringComparison.Ordinal))).ShouldBe("policy-violation");
        Assert.That((await GetAsync()).ToString(), Does.Contain("ver='0'"));
    }

    [Test]
    public async Task Other_resources_that_asked_are_told_of_a_change()
    {
        TestClient asked = await Server.ConnectAsync("juliet@localhost/chamber");
        TestClient silent = await Server.ConnectAsync("juliet@localhost/silent");
        await asked.AskAsync($"<iq type='get' id='g'><delivery xmlns='{Ns}'/></iq>");
        await GetAsync();
        await PutAsync("0", Rule("<keep/>"));
        await asked.ExpectAsync($"<iq type='set' from='' to='juliet@localhost/chamber'><delivery xmlns='{Ns}' ver='1'/></iq>");
        await asked.ExpectNothingAsync();
        await silent.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D-08")]
    public async Task Nobody_else_reads_changes_or_tries_them()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        foreach (string type in new[] { "get", "set" })
        {
            foreach (string name in new[] { "delivery", "reports" })
            {
                string her = (await romeo.AskAsync($"<iq id='1' to='{Juliet}' type='{type}'><{name} xmlns='{Ns}' ver='0'/></iq>")).Faceless();
                string nobody = (await romeo.AskAsync($"<iq id='2' to='nobody@localhost' type='{type}'><{name} xmlns='{Ns}' ver='0'/></iq>")).Faceless();
                Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
            }
        }
    }

    [Test]
    public async Task A_trial_tells_each_rule_each_test_and_each_action_and_does_nothing()
    {
        await PutAsync("0",
            Rule("<from stranger='true'/><any><has ns='jabber:x:oob'/><body contains='http'/></any><fileinto box='junk'/>", "strangers")
            + Rule("<size over='100000'/><discard/>", "large") + Rule("<reply>Away.</reply><keep/>", "away"));
        Element answer = await juliet.AskAsync(
            $"<iq type='get' id='t'><delivery xmlns='{Ns}' test='true'><message xmlns='jabber:client' from='{Street}' type='chat'><body>See http://x.example</body></message></delivery></iq>");
        Element trace = answer.Child(Ns, "delivery")!.Child(Ns, "trace")!;
        Assert.That(trace.ToString(), Does.StartWith(
            $"<trace xmlns='{Ns}'><rule name='strangers' holds='true'><test holds='true'><from stranger='true'/></test><test holds='false'><has ns='jabber:x:oob'/></test>"
            + "<test holds='true'><body contains='http'/></test><test holds='true'><any><has ns='jabber:x:oob'/><body contains='http'/></any></test>"
            + "<action done='true'><fileinto box='junk'/></action></rule>"
            + "<rule name='large' holds='false'><test holds='false'><size over='100000'/></test></rule>"
            + "<rule name='away' holds='true'><action done='false' why='the sender may not know that the account exists'><reply every='P1D'>Away.</reply></action>"
            + "<action done='false' why='an action before it has decided where it goes'><keep/></action></rule><outcome is='fileinto'"));
        Assert.That(trace.Child(Ns, "outcome")!["box"], Is.EqualTo("junk"));
        await IdleAsync();
        await juliet.ExpectNothingAsync();
        Remote.ExpectNothing();
        Assert.That(await LogAsync(Juliet), Is.Empty);
    }

    [Test]
    public async Task A_trial_takes_rules_and_a_strength_with_it_and_says_what_is_wrong_with_it()
    {
        Element answer = await TryAsync($"<rule name='x'><auth below='certificate'/><discard/></rule><message xmlns='jabber:client' from='{Street}'/>", "auth='dialback'");
        Assert.That(answer.Child(Ns, "delivery")!.Child(Ns, "trace")!.Child(Ns, "outcome")!["is"], Is.EqualTo("discard"));
        answer = await TryAsync($"<rule name='x'><auth below='certificate'/><discard/></rule><message xmlns='jabber:client' from='{Street}'/>", "auth='certificate'");
        Assert.That(answer.Child(Ns, "delivery")!.Child(Ns, "trace")!.Child(Ns, "outcome")!["is"], Is.EqualTo("keep"));
        answer = await TryAsync($"<rule name='x'><type is='request'/><reject/></rule><presence xmlns='jabber:client' type='subscribe' from='{Tybalt}'/>");
        Assert.That(answer.Child(Ns, "delivery")!.Child(Ns, "trace")!.Child(Ns, "outcome")!["is"], Is.EqualTo("reject"));
        foreach (string bad in new[] { "", "<message xmlns='jabber:client'/>", $"<message xmlns='jabber:client' from='{Street}' to='{Romeo}'/>", $"<message xmlns='jabber:client' from='{Street}' type='error'/>", $"<presence xmlns='jabber:client' from='{Street}'/>", $"<rule name='x'/><message xmlns='jabber:client' from='{Street}'/>" })
            (await TryAsync(bad)).ShouldBe("bad-request");
    }

    [Test]
    public async Task A_trial_that_takes_too_long_says_so()
    {
        string evil = string.Concat(Enumerable.Range(0, 90).Select(i => $"<rule name='{i}'><body matches='((a?){{60}}){{8}}b'/><discard/></rule>"));
        Element answer = await TryAsync($"{evil}<message xmlns='jabber:client' from='{Street}'><body>{new string('a', 64 * 1024)}</body></message>");
        Element outcome = answer.Child(Ns, "delivery")!.Child(Ns, "trace")!.Child(Ns, "outcome")!;
        Assert.That((outcome["is"], outcome["steps"]), Is.EqualTo(("keep", "1000000")));
        Assert.That(outcome["why"], Does.Contain("took too long"));
    }

    [Test]
    public async Task What_takes_too_long_for_a_message_is_delivered_and_logged()
    {
        await SetAsync(string.Concat(Enumerable.Range(0, 90).Select(i => $"<rule name='{i}'><body matches='((a?){{60}}){{8}}b'/><discard/></rule>")));
        await juliet.SendAsync("<presence/>");
        await juliet.DrainAsync();
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='m'><body>{new string('a', 64 * 1024)}</body></message>");
        await juliet.ExpectAsync("<message id='m'/>");
        Assert.That(Server.Log.Lines, Has.Some.Contains("took too long"));
    }

    [Test]
    public async Task Reports_are_kept_once_for_each_sender_and_told_once_a_day()
    {
        await SetAsync(Rule("<body contains='rich'/><report reason='abuse'/><fileinto box='junk'/>"));
        for (int i = 0; i < 3; i++)
            await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='m{i}'><body>Get rich {i}</body></message>");
        await IdleAsync();
        Remote.Expect($"<message from='localhost' to='abuse@elsewhere.example'><body>juliet@localhost reports {Tybalt} for abuse.</body><report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' id='m0'/></forwarded></report></message>");
        Remote.ExpectNothing();
        Element report = (await juliet.AskAsync($"<iq type='get' id='r'><reports xmlns='{Ns}'/></iq>")).Child(Ns, "reports")!.Children.Single();
        Assert.That((report["sender"], report["count"]), Is.EqualTo((Tybalt, "3")));
        Server.Clock.Advance(TimeSpan.FromDays(1));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='m4'><body>Get rich</body></message>");
        await IdleAsync();
        Remote.Expect("<message to='abuse@elsewhere.example'/>");
    }

    [Test]
    public async Task Nothing_is_left_of_them_when_the_account_is_deleted()
    {
        await SetAsync(Rule("<from first='true'/><reply disclose='true'>x</reply><report/>"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        await IdleAsync();
        Assert.That(await KeysAsync(), Has.Count.GreaterThanOrEqualTo(3));
        await Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(Juliet), CancellationToken.None);
        Assert.That(await KeysAsync(), Is.Empty);
    }

    private async Task<List<string>> KeysAsync()
    {
        await Server.Engine.Commit(new StorageBatch());
        var keys = new List<string>();
        foreach (string collection in new[] { "module.delivery", "module.deliveryReports" })
            keys.AddRange((await Server.Engine.RangeAsync(collection, Jid.Parse(Juliet))).Select(static entry => entry.Key));
        return keys;
    }

    private Task<Element> TryAsync(string inside, string attributes = "") => juliet.AskAsync($"<iq type='get' id='t'><delivery xmlns='{Ns}' test='true' {attributes}>{inside}</delivery></iq>");
}
