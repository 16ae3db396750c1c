using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>RFC 6121 §4 with contacts at other servers: broadcast, probes, directed presence, what they tell and what they ask.</summary>
public sealed class RemotePresenceTests : RemoteFixture
{
    private const string Block = "<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='tybalt@elsewhere.example'/></block></iq>";

    [SetUp]
    public async Task BefriendTybaltAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await BefriendAsync();
    }

    [Test, Property("Spec", "P-02,P-03,P-10,P-11,P-12")]
    public async Task Contacts_elsewhere_are_told_and_asked()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync("<presence id='i1'><status>here</status></presence>");
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' id='i1' type=''><status>here</status></presence>");
        Remote.Expect($"<presence from='romeo@localhost' to='{Tybalt}' type='probe'/>");
        Remote.ExpectNothing();
        await romeo.SendAsync("<presence id='i2'><show>dnd</show></presence>");
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' id='i2'><show>dnd</show></presence>");
        Remote.ExpectNothing();
        await romeo.SendAsync("<presence type='unavailable'><status>gone</status></presence>");
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' type='unavailable'><status>gone</status></presence>");
        Remote.ExpectNothing();
        await romeo.SendAsync("<presence/>");
        Assert.That(Remote.Drain(), Has.Count.EqualTo(2), "initial again");
        await romeo.DisconnectAsync();
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' type='unavailable'/>");
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "BL-1,P-03")]
    public async Task Who_is_blocked_is_neither_told_nor_asked_nor_heard()
    {
        TestClient romeo = await LoginAsync("romeo@localhost/orchard");
        await romeo.AskAsync(Block);
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' type='unavailable'/>");
        Remote.ExpectNothing();
        await romeo.DisconnectAsync();
        romeo = await Server.LoginAsync("romeo@localhost/again");
        await Remote.SendAsync($"<presence from='{Street}' to='romeo@localhost'/><presence from='{Tybalt}' to='romeo@localhost' type='probe' id='p'/>");
        await romeo.ExpectNothingAsync();
        Remote.ExpectNothing();
        await romeo.AskAsync("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>");
        Remote.Expect($"<presence from='romeo@localhost/again' to='{Tybalt}' type=''/>");
        Remote.Expect($"<presence from='romeo@localhost' to='{Tybalt}' type='probe'/>");
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "P-14,P-15")]
    public async Task Directed_presence_is_remembered_and_taken_back()
    {
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await juliet.SendAsync($"<presence to='{Street}' id='d1'/><presence to='hall@rooms.example/juliet' id='d2'/><presence to='paris@elsewhere.example' id='d3'/>");
        Assert.That(Remote.Drain().Select(stanza => stanza["id"]), Is.EqualTo(new[] { "d1", "d2", "d3" }));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        Remote.ExpectNothing();
        await juliet.SendAsync($"<presence to='{Street}' type='unavailable' id='d4'/>");
        Remote.Expect($"<presence from='juliet@localhost/balcony' to='{Street}' type='unavailable' id='d4'/>");
        await Remote.SendAsync("<presence from='paris@elsewhere.example' to='juliet@localhost/balcony' type='unavailable'/>");
        await juliet.DisconnectAsync();
        Remote.Expect("<presence from='juliet@localhost/balcony' to='hall@rooms.example/juliet' type='unavailable'/>");
        Remote.ExpectNothing();
    }

    [TestCase("")]
    [TestCase("type='unavailable'")]
    [TestCase("type='error'")]
    [Property("Spec", "P-13,17-presence")]
    public async Task What_they_tell_goes_to_all_available_resources_or_to_the_one_named(string type)
    {
        TestClient orchard = await Server.LoginAsync("romeo@localhost/orchard", "<presence><priority>-3</priority></presence>");
        TestClient street = await Server.LoginAsync("romeo@localhost/street");
        TestClient silent = await Server.ConnectAsync("romeo@localhost/silent");
        await orchard.DrainAsync();
        Remote.Drain();
        string content = type == "type='error'" ? Unavailable : "<show>xa</show>";
        await Remote.SendAsync($"<presence from='{Street}' to='romeo@localhost' {type} id='p1'>{content}</presence>");
        await Remote.SendAsync($"<presence from='{Street}' to='romeo@localhost/silent' {type} id='p2'>{content}</presence>");
        await Remote.SendAsync($"<presence from='{Street}' to='romeo@localhost/gone' {type} id='p3'>{content}</presence>");
        await Remote.SendAsync($"<presence from='{Street}' to='juliet@localhost' {type} id='p4'>{content}</presence><presence from='{Street}' to='nobody@localhost' {type}/><presence from='{Street}' to='localhost' {type}/>");
        foreach (TestClient client in new[] { orchard, street })
        {
            await client.ExpectAsync($"<presence from='{Street}' to='romeo@localhost' {type} id='p1'>{content}</presence>");
            await client.ExpectNothingAsync();
        }
        await silent.ExpectAsync($"<presence from='{Street}' to='romeo@localhost/silent' {type} id='p2'>{content}</presence>");
        await silent.ExpectNothingAsync();
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "XEP-0203-5")]
    public async Task A_delay_in_our_name_is_cut_out_of_presence_too()
    {
        TestClient romeo = await LoginAsync("romeo@localhost/orchard");
        await Remote.SendAsync($"<presence from='{Street}' to='romeo@localhost'><delay xmlns='urn:xmpp:delay' from='localhost' stamp='2002-09-10T23:41:07Z'/><delay xmlns='urn:xmpp:delay' from='elsewhere.example' stamp='2002-09-10T23:41:07Z'/></presence>");
        Element got = await romeo.ExpectAsync($"<presence from='{Street}'><delay xmlns='urn:xmpp:delay' from='elsewhere.example'/></presence>");
        Assert.That(got.Children.Count(), Is.EqualTo(1));
    }

    [TestCase(Tybalt)]
    [TestCase(Street)]
    [Property("Spec", "P-05,P-06,P-07")]
    public async Task A_subscriber_asks_and_is_answered(string prober)
    {
        await Remote.SendAsync($"<presence from='{prober}' to='romeo@localhost' type='probe' id='p1'/>");
        Element off = Remote.Expect($"<presence from='romeo@localhost' to='{prober}' type='unavailable' id='p1'/>");
        Assert.That(off.Children, Is.Empty, "never seen available");
        TestClient orchard = await LoginAsync("romeo@localhost/orchard", "<presence id='i1'><show>away</show></presence>");
        TestClient street = await LoginAsync("romeo@localhost/street", "<presence id='i2'><priority>-1</priority></presence>");
        await Server.ConnectAsync("romeo@localhost/silent");
        await Remote.SendAsync($"<presence from='{prober}' to='romeo@localhost' type='probe' id='p2'/>");
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{prober}' id='i1' type=''><show>away</show></presence>");
        Remote.Expect($"<presence from='romeo@localhost/street' to='{prober}' id='i2'><priority>-1</priority></presence>");
        Remote.ExpectNothing();
        await Remote.SendAsync($"<presence from='{prober}' to='romeo@localhost/orchard' type='probe' id='p3'/><presence from='{prober}' to='romeo@localhost/gone' type='probe' id='p4'/>");
        Element full = Remote.Expect($"<presence from='romeo@localhost/orchard' to='{prober}' id='i1' type=''/>");
        Assert.That(full.Children, Is.Empty, "only whether it is there");
        Remote.Expect($"<presence from='romeo@localhost/gone' to='{prober}' type='unavailable' id='p4'/>");
        await orchard.DisconnectAsync();
        await street.SendAsync("<presence type='unavailable'><status>bye</status></presence>");
        Remote.Drain();
        Server.Clock.Advance(TimeSpan.FromMinutes(5));
        await Remote.SendAsync($"<presence from='{prober}' to='romeo@localhost' type='probe' id='p5'/>");
        Remote.Expect($"<presence from='romeo@localhost' to='{prober}' type='unavailable' id='p5'><status>bye</status><delay xmlns='urn:xmpp:delay' from='localhost' stamp='2030-01-01T00:00:00.000Z'/></presence>");
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "D-07,D-08,P-05,P-06")]
    public async Task A_stranger_cannot_tell_who_exists_or_is_there()
    {
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await Server.AddAccountsAsync("nurse@localhost");
        var answers = new Dictionary<string, string>();
        foreach (string name in new[] { "juliet", "nurse", "nobody" })
        {
            foreach (string resource in new[] { "", "/balcony" })
                await Remote.SendAsync($"<presence from='{Street}' to='{name}@localhost{resource}' type='probe' id='p'/>");
            foreach (string type in new[] { "subscribed", "unsubscribe", "unsubscribed", "unavailable" })
                await Remote.SendAsync($"<presence from='{Street}' to='{name}@localhost' type='{type}' id='{type}'/>");
            answers[name] = string.Join('\n', Remote.Drain()).Replace(name, "X", StringComparison.Ordinal);
        }
        Assert.That(answers["nurse"], Is.EqualTo(answers["juliet"]));
        Assert.That(answers["nobody"], Is.EqualTo(answers["juliet"]));
        Assert.That(answers["nobody"].Split('\n'), Has.Length.EqualTo(2).And.All.Contain("unsubscribed").And.All.Contain("'X@localhost'").Or.All.Contain("\"X@localhost\""));
        await juliet.ExpectAsync($"<presence from='{Street}' type='unavailable'/>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-06")]
    public async Task Who_got_directed_presence_learns_of_that_resource_only()
    {
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await LoginAsync("juliet@localhost/chamber");
        await juliet.SendAsync($"<presence to='{Street}'/>");
        Remote.Drain();
        foreach (string resource in new[] { "/balcony", "/chamber", "" })
            await Remote.SendAsync($"<presence from='{Street}' to='juliet@localhost{resource}' type='probe' id='p'/>");
        Remote.Expect($"<presence from='juliet@localhost/balcony' to='{Street}' type=''/>");
        Remote.Expect($"<presence from='juliet@localhost' to='{Street}' type='unsubscribed'/>");
        Remote.Expect($"<presence from='juliet@localhost' to='{Street}' type='unsubscribed'/>");
        Remote.ExpectNothing();
    }

    [TestCase("<presence/>")]
    [TestCase("")]
    [Property("Spec", "P-06")]
    public async Task A_room_that_asks_after_an_occupant_hears_that_he_is_there(string initial)
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync(initial + "<presence to='hall@rooms.example/juliet'/>");
        Remote.Drain();
        // RFC 6121 §4.6.6: from the address that got directed presence; rooms ask from their own.
        foreach (string from in new[] { "hall@rooms.example/juliet", "hall@rooms.example" })
        {
            await Remote.SendAsync($"<presence from='{from}' to='juliet@localhost/balcony' type='probe' id='p'/>");
            Remote.Expect($"<presence from='juliet@localhost/balcony' to='{from}' type=''/>");
        }
    }

    [Test, Property("Spec", "TRAP-6")]
    public async Task While_the_store_is_away_a_probe_is_not_answered_and_a_request_is()
    {
        // What was noted of who watches him keeps the account in memory for a while.
        await Server.RestartAsync();
        StandElsewhere();
        Engine.FailsReads = true;
        await Remote.SendAsync($"<presence from='{Tybalt}' to='romeo@localhost' type='probe' id='p'/>");
        Remote.ExpectNothing();
        await Remote.SendAsync($"<presence from='paris@elsewhere.example' to='romeo@localhost' type='subscribe' id='s'/>");
        Remote.Expect("<presence from='romeo@localhost' to='paris@elsewhere.example' type='error' id='s'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
        Remote.ExpectNothing();
        Engine.FailsReads = false;
        Server.Log.Announce(1);
    }

    [Test, Property("Spec", "P-08,R-20")]
    public async Task A_clients_own_probe_goes_out_from_its_resource()
    {
        TestClient romeo = await LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<presence to='{Street}' type='probe' id='q'/>");
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Street}' type='probe' id='q'/>");
        Remote.Return($"<presence from='romeo@localhost/orchard' to='{Street}' type='subscribe' id='q'/>", StanzaError.RemoteServerTimeout);
        await romeo.ExpectAsync($"<presence from='{Street}' type='error' id='q'/>");
    }
}
