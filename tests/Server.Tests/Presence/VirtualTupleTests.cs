using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>PRESENCE TUPLES that hold while nobody is connected.</summary>
public sealed class VirtualTupleTests : WatcherFixture
{
    private const string Ns = "urn:x-presencexml:tuple:0";
    private const string Holiday = "<tuple xmlns='urn:x-presencexml:tuple:0' id='holiday' shown-as='resource' until='2030-01-01T01:00:00Z'><basic>closed</basic><show>xa</show><note>On holiday</note></tuple>";

    private TestClient juliet = null!;

    [SetUp]
    public async Task AddAccountsAsync() => await Server.AddAccountsAsync(Juliet, Romeo);

    [Test]
    public async Task One_that_is_shown_as_a_resource_is_told_of_while_nobody_is_there([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday);
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/holiday xa 'On holiday' +priority" }));
        await juliet.DisconnectAsync();
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/holiday xa 'On holiday' +priority" }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}/holiday' id='p'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/holiday" }));
    }

    [Test]
    public async Task A_watcher_who_comes_is_told_after_a_restart_although_the_account_is_not_needed()
    {
        await SubscriberAsync(true);
        await PublishAsync(Holiday);
        await juliet.DisconnectAsync();
        await Server.RestartAsync();
        TestClient romeo = await Server.ConnectAsync(Romeo + "/again");
        await romeo.SendAsync("<presence/>");
        await romeo.ExpectAllAsync($"<presence from='{Romeo}/again'/>", $"<presence from='{Juliet}/holiday'><show>xa</show><status>On holiday</status></presence>");
    }

    [Test]
    public async Task It_ends_when_its_time_is_over_also_while_nobody_is_there([Values] bool isLocal, [Values] bool restarts)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday);
        await juliet.DisconnectAsync();
        if (restarts)
        {
            await Server.RestartAsync();
            StandElsewhere();
            watcher = isLocal ? await ComesBackAsync() : await WatcherAsync(isLocal);
        }
        await watcher.GotAsync();
        Server.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(2));
        Assert.That(await watcher.GotAsync(), Is.Empty);
        Server.Clock.Advance(TimeSpan.FromSeconds(2));
        IReadOnlyList<string> got = [];
        for (int i = 0; i < 500 && got.Count == 0; i++)
        {
            await Task.Delay(10);
            got = await watcher.GotAsync();
        }
        Assert.That(got, Is.EqualTo(new[] { "unavailable juliet@localhost/holiday" }));
        juliet = await LoginAsync(Juliet + "/balcony");
        Assert.That((await juliet.AskAsync($"<iq type='get' id='g'><tuples xmlns='{Ns}'/></iq>")).Children.Single().Children, Is.Empty);
    }

    [Test]
    public async Task One_that_is_shown_as_status_stands_in_place_of_the_farewell([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday.Replace("'resource'", "'status'", StringComparison.Ordinal));
        Assert.That(await watcher.GotAsync(), Is.Empty, "she is there");
        await juliet.SendAsync("<presence type='unavailable'><status>Bye</status></presence>");
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost 2030-01-01T00:00:00Z 'On holiday'" }));
        // Put down while nobody sees a resource, it is told.
        await juliet.DrainAsync();
        await PublishAsync(Holiday.Replace("'resource'", "'status'", StringComparison.Ordinal).Replace("On holiday", "Back soon", StringComparison.Ordinal));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost 2030-01-01T00:00:00Z 'Back soon'" }));
    }

    [Test]
    public async Task It_is_told_when_it_changes_and_when_it_is_taken_away([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday);
        await watcher.GotAsync();
        await PublishAsync(Holiday);
        Assert.That(await watcher.GotAsync(), Is.Empty, "nothing is new");
        await PublishAsync(Holiday.Replace("xa", "away", StringComparison.Ordinal));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/holiday away 'On holiday' +priority" }));
        (await juliet.AskAsync($"<iq type='set' id='r'><retract xmlns='{Ns}' id='holiday'/></iq>")).ShouldBeDone();
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/holiday" }));
        (await juliet.AskAsync($"<iq type='set' id='r'><retract xmlns='{Ns}' id='holiday'/></iq>")).ShouldBe("item-not-found");
    }

    [Test]
    public async Task Access_rules_hold_for_it([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday.Replace("<note>", "<class>private</class><note>", StringComparison.Ordinal));
        await watcher.GotAsync();
        await RulesAsync("<transformations><hide xmlns='urn:x-presencexml:access:0'><tuple class='private'/></hide></transformations>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/holiday" }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}/holiday'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/holiday" }));
        await watcher.SendAsync($"<iq type='get' id='f' to='{Juliet}'><fetch xmlns='urn:x-presencexml:fetch:0' format='all'/></iq>");
        Assert.That((await watcher.RawAsync()).Single().ToString(), Does.Not.Contain("holiday"));
        await RulesAsync("<actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>polite-block</sub-handling></actions>");
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That((await watcher.GotAsync()).Single(), Does.Not.Contain("holiday"));
    }

    [TestCase("<hide xmlns='urn:x-presencexml:access:0'><note/></hide>", "On holiday", "xa")]
    [TestCase("<hide xmlns='urn:x-presencexml:access:0'><attribute ns='jabber:client' name='status'/></hide>", "On holiday", "xa")]
    [TestCase("<hide xmlns='urn:x-presencexml:access:0'><attribute ns='jabber:client' name='show'/></hide>", "xa", "On holiday")]
    [TestCase("<present-as xmlns='urn:x-presencexml:access:0' show='dnd' note='At work'/>", "On holiday", "At work")]
    [TestCase("<hide xmlns='urn:x-presencexml:access:0'><tuple scheme='tel'/></hide>", "tel:", "balcony")]
    [TestCase("<hide xmlns='urn:x-presencexml:access:0'><tuple scheme='tel'/></hide>", "holiday", "balcony")]
    public async Task One_view_holds_for_it_on_every_path(string transformation, string isHidden, string isShown)
    {
        IWatcher watcher = await SubscriberAsync(true);
        await PublishAsync(Holiday.Replace("<note>", "<contact>tel:+1-303-555-1212</contact><note>", StringComparison.Ordinal));
        await watcher.GotAsync();
        await RulesAsync($"<transformations>{transformation}</transformations>");
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        string probe = string.Join('\n', await watcher.RawAsync());
        await watcher.SendAsync($"<iq type='get' id='f' to='{Juliet}'><fetch xmlns='urn:x-presencexml:fetch:0' format='all'/></iq>");
        string document = (await watcher.RawAsync()).Single().ToString();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(probe, Does.Not.Contain(isHidden).And.Contain(isShown));
            Assert.That(document, Does.Not.Contain(isHidden).And.Contain(isShown));
        }
    }

    [Test]
    public async Task One_that_stands_for_the_farewell_is_hidden_by_its_attribute_too()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await PublishAsync(Holiday.Replace("'resource'", "'status'", StringComparison.Ordinal));
        await RulesAsync("<transformations><hide xmlns='urn:x-presencexml:access:0'><attribute ns='jabber:client' name='status'/></hide></transformations>");
        await juliet.DisconnectAsync();
        await watcher.GotAsync();
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(string.Join('\n', await watcher.RawAsync()), Does.Contain("unavailable").And.Not.Contain("On holiday"));
    }

    [Test]
    public async Task It_is_told_again_when_the_resource_of_its_name_goes([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday);
        TestClient there = await LoginAsync(Juliet + "/holiday", "<presence><show>chat</show></presence>");
        await watcher.GotAsync();
        await there.SendAsync("<presence type='unavailable'/>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/holiday", "available juliet@localhost/holiday xa 'On holiday' +priority" }));
    }

    [Test]
    public async Task It_is_told_again_when_the_resource_of_its_name_becomes_invisible([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday);
        TestClient there = await LoginAsync(Juliet + "/holiday", "<presence><show>chat</show></presence>");
        await watcher.GotAsync();
        (await there.AskAsync("<iq type='set' id='i'><invisible xmlns='urn:xmpp:invisible:1'/></iq>")).ShouldBeDone();
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/holiday", "available juliet@localhost/holiday xa 'On holiday' +priority" }));
        await there.SendAsync($"<presence to='{watcher.Bare}'/>");
        await watcher.GotAsync();
        await there.DisconnectAsync();
        Assert.That(await watcher.GotAsync(), Has.None.StartsWith("available"), "when an invisible one goes is nobody's business");
    }

    [Test]
    public async Task Where_one_is_shown_as_a_resource_a_note_for_the_time_away_does_not_tell_that_the_account_is_off([Values] bool isLocal)
    {
        IWatcher watcher = await SubscriberAsync(isLocal);
        await PublishAsync(Holiday);
        await juliet.SendAsync("<presence type='unavailable'/>");
        await juliet.DrainAsync();
        await watcher.GotAsync();
        await PublishAsync($"<tuple xmlns='{Ns}' id='note' shown-as='status'><basic>closed</basic><note>Until Monday</note></tuple>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
        (await juliet.AskAsync($"<iq type='set' id='r'><retract xmlns='{Ns}' id='holiday'/></iq>")).ShouldBeDone();
        await watcher.GotAsync();
        await PublishAsync($"<tuple xmlns='{Ns}' id='note' shown-as='status'><basic>closed</basic><note>Until Tuesday</note></tuple>");
        Assert.That((await watcher.GotAsync()).Single(), Does.StartWith("unavailable juliet@localhost").And.Contain("Until Tuesday"));
    }

    [Test]
    public async Task One_that_ended_while_the_server_was_off_is_seen_by_nobody()
    {
        await SubscriberAsync(true);
        await juliet.DisconnectAsync();
        await Server.Engine.Commit(new StorageBatch().Put("tuples", Jid.Parse(Juliet), "holiday", Encoding.UTF8.GetBytes(Holiday.Replace("2030-01-01T01", "2029-12-31T01", StringComparison.Ordinal))));
        await Server.RestartAsync();
        TestClient romeo = await Server.ConnectAsync(Romeo + "/again");
        await romeo.SendAsync("<presence/>");
        await romeo.ExpectAsync($"<presence from='{Romeo}/again'/>");
        await romeo.ExpectNothingAsync();
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        await Task.Yield();
        Assert.That(async () => (await Server.Engine.RangeAsync("tuples", Jid.Parse(Juliet))).Count, Is.Zero.After(5_000, 10));
    }

    [Test]
    public async Task Who_saw_one_elsewhere_that_ended_while_the_server_was_off_is_told()
    {
        IWatcher watcher = await SubscriberAsync(false);
        await PublishAsync(Holiday);
        await juliet.DisconnectAsync();
        Assert.That(await watcher.GotAsync(), Does.Contain("available juliet@localhost/holiday xa 'On holiday' +priority"));
        await Server.Engine.Commit(new StorageBatch().Put("tuples", Jid.Parse(Juliet), "holiday", Encoding.UTF8.GetBytes(Holiday.Replace("2030-01-01T01", "2029-12-31T01", StringComparison.Ordinal))));
        await Server.RestartAsync();
        StandElsewhere();
        watcher = await WatcherAsync(false);
        await watcher.GotAsync();
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(async () => string.Join('|', await watcher.GotAsync()), Is.EqualTo("unavailable juliet@localhost/holiday").After(5_000, 10));
    }

    [Test]
    public async Task One_of_the_store_that_cannot_be_read_is_missed_and_keeps_nobody_out()
    {
        await SubscriberAsync(true);
        await PublishAsync(Holiday);
        await Server.Engine.Commit(new StorageBatch().Put("tuples", Jid.Parse(Juliet), "broken", Encoding.UTF8.GetBytes($"<tuple xmlns='{Ns}' id='broken'><basic>ajar</basic></tuple>")));
        await Server.RestartAsync();
        juliet = await LoginAsync(Juliet + "/balcony");
        Assert.That((await juliet.AskAsync($"<iq type='get' id='g'><tuples xmlns='{Ns}'/></iq>")).Children.Single().Children.Select(static tuple => tuple["id"]), Is.EqualTo(new[] { "holiday" }));
        Assert.That(Server.Log.Errors, Is.All.Contains("broken"));
        Server.Log.Announce(Server.Log.Errors.Count);
    }

    [Test]
    public async Task It_is_a_tuple_of_the_document_with_its_own_address_and_status()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await PublishAsync("<tuple xmlns='urn:x-presencexml:tuple:0' id='phone'><basic>closed</basic><contact>tel:+1-303-555-1212</contact><note xml:lang='en'>After six</note></tuple>");
        Assert.That(await watcher.GotAsync(), Is.Empty);
        await watcher.SendAsync($"<iq type='get' id='f' to='{Juliet}'><fetch xmlns='urn:x-presencexml:fetch:0'/></iq>");
        string document = (await watcher.RawAsync()).Single().ToString();
        Assert.That(document, Does.Contain("<status><basic>closed</basic></status><contact>tel:+1-303-555-1212</contact><note xml:lang='en'>After six</note><timestamp>2030-01-01T00:00:00Z</timestamp>"));
    }

    [Test]
    public async Task A_resource_of_the_same_name_is_what_is_shown()
    {
        IWatcher watcher = await SubscriberAsync(true);
        await PublishAsync(Holiday);
        await watcher.GotAsync();
        TestClient there = await LoginAsync(Juliet + "/holiday", "<presence><show>chat</show></presence>");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/holiday chat" }));
        await watcher.SendAsync($"<presence type='probe' to='{Juliet}'/>");
        Assert.That(await watcher.GotAsync(), Has.Count.EqualTo(2).And.Contains("available juliet@localhost/holiday chat"));
        Assert.That(there.Session.IsAvailable, Is.True);
    }

    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'/>", "bad-request", "a tuple needs <basic>")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0'><basic>open</basic></tuple>", "bad-request", "a tuple needs an id")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'><basic>ajar</basic></tuple>", "bad-request", "basic is open or closed, not \"ajar\"")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'><basic>open</basic><contact>by the brook</contact></tuple>", "bad-request", "\"by the brook\" is no address")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x' until='soon'><basic>open</basic></tuple>", "bad-request", "\"soon\" is no time")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x' until='2031-01-01'><basic>open</basic></tuple>", "bad-request", "\"2031-01-01\" is no time")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x' until='12/24/2031 10:00'><basic>open</basic></tuple>", "bad-request", "is no time")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x' until='9999-12-31T23:59:59-01:00'><basic>open</basic></tuple>", "bad-request", "is no time")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'><basic>open</basic><contact>JavaScript:alert(1)</contact></tuple>", "bad-request", "is no address")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'><basic>open</basic><contact>data:text/html,x</contact></tuple>", "bad-request", "is no address")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'><basic>open</basic><contact>file:///etc/passwd</contact></tuple>", "bad-request", "is no address")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x' until='2029-12-31T00:00:00Z'><basic>open</basic></tuple>", "not-acceptable", "This tuple has ended already.")]
    [TestCase("<tuple xmlns='urn:x-presencexml:tuple:0' id='x'><basic>open</basic><note>a</note><note>b</note></tuple>", "bad-request", "each in another language")]
    public async Task What_is_wrong_is_named(string tuple, string error, string text)
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        Element answer = await juliet.AskAsync($"<iq type='set' id='p'>{tuple}</iq>");
        answer.ShouldBe(error);
        Assert.That(answer.ToString().Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal), Does.Contain(text));
    }

    [Test]
    public async Task There_is_a_limit_and_replacing_is_within_it()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        for (int i = 0; i < 20; i++)
            await PublishAsync($"<tuple xmlns='{Ns}' id='t{i}'><basic>open</basic></tuple>");
        (await juliet.AskAsync($"<iq type='set' id='p'><tuple xmlns='{Ns}' id='more'><basic>open</basic></tuple></iq>")).ShouldBe("policy-violation");
        await PublishAsync($"<tuple xmlns='{Ns}' id='t7'><basic>closed</basic></tuple>");
    }

    [Test]
    public async Task Nothing_of_it_is_left_of_an_account_that_was_deleted()
    {
        TestClient romeo = await Server.LoginAsync(Romeo + "/orchard");
        await SubscriberAsync(true);
        await PublishAsync(Holiday);
        await Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(Juliet), CancellationToken.None);
        await juliet.DisconnectAsync();
        await Server.AddAccountsAsync(Juliet);
        juliet = await LoginAsync(Juliet + "/balcony");
        Assert.That((await juliet.AskAsync($"<iq type='get' id='g'><tuples xmlns='{Ns}'/></iq>")).Children.Single().Children, Is.Empty);
        Assert.That(romeo.IsClosed, Is.False);
    }

    [Test]
    public async Task A_command_puts_a_note_down_and_takes_it_away()
    {
        IWatcher watcher = await SubscriberAsync(true);
        Assert.That(await CommandAsync("#away", ("note", "At the sea"), ("until", "2030-01-06"), ("resource", "1")), Is.EqualTo("The note is shown until the end of 2030-01-06."));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/away xa 'At the sea' +priority" }));
        Assert.That(await CommandAsync("#away", ("note", "x"), ("until", "tomorrow")), Does.Contain("is no day"));
        Assert.That(await CommandAsync("#away", ("note", "x"), ("until", "9999-12-31")), Does.Contain("leave it empty"));
        Assert.That(await CommandAsync("#away", ("note", "x"), ("until", "2029-12-30")), Is.EqualTo("That day is over."));
        Assert.That(await CommandAsync("#away", ("note", "")), Is.EqualTo("The note is gone."));
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/away" }));
    }

    [Test]
    public async Task A_command_adds_changes_and_removes_addresses()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        Assert.That(await CommandAsync("#addresses", ("uri", "tel:+1-303-555-1212"), ("basic", "open")), Is.EqualTo("tel:+1-303-555-1212 is open now."));
        Assert.That(await CommandAsync("#addresses", ("uri", "tel:+1-303-555-1212"), ("basic", "closed")), Is.EqualTo("tel:+1-303-555-1212 is closed now."));
        Assert.That(await CommandAsync("#addresses", ("uri", "nonsense"), ("basic", "open")), Does.Contain("is no address"));
        Assert.That(await CommandAsync("#addresses", ("remove", "address-1")), Is.EqualTo("Done."));
        Assert.That((await juliet.AskAsync($"<iq type='get' id='g'><tuples xmlns='{Ns}'/></iq>")).Children.Single().Children, Is.Empty);
    }

    // He is told when the account, which nobody needs, has been read.
    private async Task<IWatcher> ComesBackAsync()
    {
        TestClient romeo = await Server.ConnectAsync(Romeo + "/again");
        await romeo.SendAsync("<presence/>");
        await romeo.ExpectAllAsync($"<presence from='{Romeo}/again'/>", $"<presence from='{Juliet}/holiday'/>");
        return Of(romeo);
    }

    private async Task<string> CommandAsync(string node, params (string Name, string Value)[] fields)
    {
        const string commands = "http://jabber.org/protocol/commands";
        Element form = (await juliet.AskAsync($"<iq type='set' id='c'><command xmlns='{commands}' node='{Ns}{node}'/></iq>")).Children.Single();
        string values = string.Concat(fields.Select(field => $"<field var='{field.Name}'><value>{field.Value}</value></field>"));
        Element done = (await juliet.AskAsync($"<iq type='set' id='d'><command xmlns='{commands}' node='{Ns}{node}' sessionid='{form["sessionid"]}'><x xmlns='jabber:x:data' type='submit'>{values}</x></command></iq>")).Children.Single();
        return done.Child(commands, "note")!.Text;
    }

    private async Task PublishAsync(string tuple) => (await juliet.AskAsync($"<iq type='set' id='p'>{tuple}</iq>")).ShouldBeDone();

    private async Task RulesAsync(string rule)
    {
        await juliet.SendAsync($"<iq type='set' id='s'><ruleset xmlns='urn:ietf:params:xml:ns:common-policy'><rule id='r'>{rule}</rule></ruleset></iq>");
        await juliet.DrainAsync();
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
