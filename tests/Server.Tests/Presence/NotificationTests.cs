using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>RFC 6121 §4: initial, subsequent, unavailable and directed presence.</summary>
public sealed class NotificationTests : ServerFixture
{
    private TestClient romeo = null!;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "nurse@localhost");
        await Server.BefriendAsync();
        romeo = await Server.LoginAsync("romeo@localhost/orchard", "<presence id='here'><show>away</show></presence>");
    }

    [Test, Property("Spec", "P-02,P-03,P-04")]
    public async Task Initial_presence_reaches_contacts_and_own_resources_and_fetches_theirs()
    {
        TestClient balcony = await Server.ConnectAsync("juliet@localhost/balcony");
        await balcony.SendAsync("<presence id='i1'><status>listening</status></presence>");
        await balcony.ExpectAsync("<presence from='juliet@localhost/balcony' id='i1'><status>listening</status></presence>");
        await balcony.ExpectAsync("<presence from='romeo@localhost/orchard' id='here'><show>away</show></presence>");
        await balcony.ExpectNothingAsync();
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost' id='i1'><status>listening</status></presence>");
        await romeo.ExpectNothingAsync();

        TestClient chamber = await Server.ConnectAsync("juliet@localhost/chamber");
        await chamber.SendAsync("<presence/>");
        await chamber.ExpectAllAsync("<presence from='juliet@localhost/chamber'/>", "<presence from='juliet@localhost/balcony' id='i1'/>", "<presence from='romeo@localhost/orchard'/>");
        await balcony.ExpectAsync("<presence from='juliet@localhost/chamber'/>");
    }

    [Test, Property("Spec", "R-21")]
    public async Task Directed_presence_that_cannot_be_routed_comes_back_and_an_error_does_not()
    {
        await romeo.SendAsync("<presence to='nobody@nowhere.invalid' type='error' id='p1'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
        await romeo.SendAsync("<presence to='nobody@nowhere.invalid/x' id='p2'/>");
        await romeo.ExpectAsync(
            "<presence from='nobody@nowhere.invalid/x' type='error' id='p2'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-10,P-18")]
    public async Task Subsequent_presence_goes_out_whole_and_fetches_nothing()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.DrainAsync();
        await juliet.SendAsync("<presence><show>dnd</show><x:c xmlns:x='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony'><show>dnd</show><c xmlns='http://jabber.org/protocol/caps' ver='v'/></presence>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'><show>dnd</show></presence>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-11")]
    public async Task Unavailable_presence_goes_out_as_said_or_as_the_server_makes_it()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        TestClient chamber = await Server.LoginAsync("juliet@localhost/chamber");
        await romeo.DrainAsync();
        await chamber.DrainAsync();
        await juliet.SendAsync("<presence type='unavailable'><status>to bed</status></presence>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' type='unavailable'><status>to bed</status></presence>");
        await chamber.ExpectAsync("<presence from='juliet@localhost/balcony' type='unavailable'/>");
        await juliet.DisconnectAsync();
        await romeo.ExpectNothingAsync();
        await chamber.DisconnectAsync();
        await romeo.ExpectAsync("<presence from='juliet@localhost/chamber' type='unavailable'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-12")]
    public async Task Presence_after_unavailable_is_initial_again()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence type='unavailable'/>");
        await juliet.DrainAsync();
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAllAsync("<presence from='juliet@localhost/balcony'/>", "<presence from='romeo@localhost/orchard' id='here'/>");
    }

    [Test, Property("Spec", "P-14,P-15")]
    public async Task Directed_presence_is_remembered_and_taken_back_at_the_end()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='nurse@localhost/hall'><status>come</status></presence>");
        await nurse.ExpectAsync("<presence from='juliet@localhost/balcony' to='nurse@localhost/hall'><status>come</status></presence>");
        await juliet.SendAsync("<presence/>");
        await nurse.ExpectNothingAsync(); // never on later broadcasts
        await romeo.DrainAsync();
        await juliet.SendAsync("<presence type='unavailable'/>");
        await nurse.ExpectAsync("<presence from='juliet@localhost/balcony' to='nurse@localhost/hall' type='unavailable'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost' type='unavailable'/>");
        await romeo.ExpectNothingAsync();
        await juliet.DisconnectAsync();
        await nurse.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-14")]
    public async Task Who_was_told_goodbye_is_not_told_again()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='nurse@localhost'/><presence to='nurse@localhost' type='unavailable'/>");
        await nurse.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await nurse.ExpectAsync("<presence from='juliet@localhost/balcony' type='unavailable'/>");
        await juliet.DisconnectAsync();
        await nurse.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-14")]
    public async Task Who_has_said_goodbye_itself_is_not_told()
    {
        TestClient nurse = await Server.ConnectAsync("nurse@localhost/hall");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='nurse@localhost/hall'/>");
        await nurse.SendAsync("<presence to='juliet@localhost/balcony'/>");
        await nurse.SendAsync("<presence to='juliet@localhost/balcony' type='unavailable'/>");
        await nurse.DrainAsync();
        await juliet.DisconnectAsync();
        await nurse.ExpectNothingAsync();
    }

    [TestCase("<show>busy</show>")]
    [TestCase("<show>away</show><show>xa</show>")]
    [TestCase("<priority>128</priority>")]
    [TestCase("<priority>many</priority>")]
    [TestCase("<priority>1</priority><priority>1</priority>")]
    [TestCase("<status>a</status><status>b</status>")]
    [Property("Spec", "P-16")]
    public async Task What_the_schema_forbids_is_a_bad_request_and_reaches_nobody(string content)
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync($"<presence id='p'>{content}</presence>");
        await juliet.ExpectAsync("<presence type='error' id='p'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
    }

    [TestCase("<show>chat</show><priority>-128</priority>")]
    [TestCase("<status xml:lang='en'>a</status><status xml:lang='it'>b</status>")]
    [TestCase("<priority>127</priority>")]
    [Property("Spec", "P-16")]
    public async Task What_the_schema_allows_goes_out(string content)
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync($"<presence>{content}</presence>");
        Element got = await romeo.ExpectAsync($"<presence from='juliet@localhost/balcony'>{content}</presence>");
        Assert.That(got.Children.Count(), Is.EqualTo(Xml.Parse($"<presence>{content}</presence>").Children.Count()));
    }

    [Test, Property("Spec", "P-13")]
    public async Task Presence_to_a_full_address_reaches_that_resource_only_and_none_that_is_gone()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        TestClient kitchen = await Server.LoginAsync("nurse@localhost/kitchen");
        await nurse.DrainAsync();
        await romeo.SendAsync("<presence to='nurse@localhost/hall'/><presence to='nurse@localhost/gone'/><presence to='nobody@localhost'/>");
        await nurse.ExpectAsync("<presence from='romeo@localhost/orchard' to='nurse@localhost/hall'/>");
        await nurse.ExpectNothingAsync();
        await kitchen.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-05")]
    public async Task A_probe_of_an_available_contact_gets_each_resource_as_it_last_was()
    {
        TestClient balcony = await Server.LoginAsync("juliet@localhost/balcony", "<presence id='b'><show>xa</show></presence>");
        TestClient chamber = await Server.LoginAsync("juliet@localhost/chamber");
        await romeo.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='probe' id='q'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost/orchard' id='b'><show>xa</show></presence>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/chamber' to='romeo@localhost/orchard'/>");
        await romeo.ExpectNothingAsync();
        await balcony.ExpectAsync("<presence from='juliet@localhost/chamber'/>");
        await balcony.ExpectNothingAsync();
        await chamber.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-05,P-07")]
    public async Task A_probe_of_a_contact_that_is_off_tells_since_when_and_what_it_said_also_after_a_restart()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence type='unavailable'><status>asleep</status></presence>");
        await Server.RestartAsync();
        Server.Clock.Advance(TimeSpan.FromHours(3));
        TestClient again = await Server.LoginAsync("romeo@localhost/orchard");
        await again.SendAsync("<presence to='juliet@localhost' type='probe' id='q'/>");
        await again.ExpectAsync("<presence from='juliet@localhost' to='romeo@localhost/orchard' type='unavailable' id='q'><status>asleep</status><delay xmlns='urn:xmpp:delay' from='localhost' stamp='2030-01-01T00:00:00.000Z'/></presence>");
    }

    [TestCase("juliet@localhost")]
    [TestCase("juliet@localhost/balcony")]
    [TestCase("juliet@localhost/gone")]
    [TestCase("off@localhost")]
    [TestCase("nobody@localhost")]
    [TestCase("nobody@localhost/gone")]
    [Property("Spec", "D-07,D-08,P-05,P-06,P-08")]
    public async Task A_probe_of_a_stranger_is_answered_alike_whoever_is_there(string target)
    {
        await Server.AddAccountsAsync("off@localhost");
        await Server.LoginAsync("juliet@localhost/balcony");
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        await nurse.SendAsync($"<presence to='{target}' type='probe' id='q'/>");
        await nurse.ExpectAsync($"<presence from='{target.Split('/')[0]}' to='nurse@localhost/hall' type='unsubscribed' id='q'/>");
        await nurse.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-06")]
    public async Task A_probe_of_a_resource_tells_only_whether_it_is_there()
    {
        await Server.LoginAsync("juliet@localhost/balcony", "<presence><status>secret</status></presence>");
        await romeo.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost/balcony' type='probe'/>");
        Element answer = await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost/orchard'/>");
        Assert.That(answer.Children, Is.Empty);
        await romeo.SendAsync("<presence to='juliet@localhost/gone' type='probe'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/gone' type='unavailable'/>");
    }

    [Test, Property("Spec", "P-06")]
    public async Task Directed_presence_lets_a_stranger_probe_that_resource()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='nurse@localhost/hall'/>");
        await nurse.DrainAsync();
        await nurse.SendAsync("<presence to='juliet@localhost/balcony' type='probe'/>");
        await nurse.ExpectAsync("<presence from='juliet@localhost/balcony' type=''/>");
        await nurse.SendAsync("<presence to='juliet@localhost' type='probe'/>");
        await nurse.ExpectAsync("<presence from='juliet@localhost' type='unsubscribed'/>");
    }

    [Test, Property("Spec", "15.3")]
    public async Task Presence_reaches_only_whom_the_subscription_allows()
    {
        await Server.SubscribeAsync("nurse@localhost", Play.Juliet); // one way
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await nurse.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAllAsync("<presence from='juliet@localhost/balcony'/>", "<presence from='romeo@localhost/orchard'/>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "P-14,P-15")]
    public async Task Directed_presence_before_the_initial_one_is_taken_back_also_from_a_subscriber()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='romeo@localhost'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost'/>");
        await juliet.DisconnectAsync();
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost' type='unavailable'/>");
        await romeo.ExpectNothingAsync();

        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='romeo@localhost'/><presence/>");
        await romeo.DrainAsync();
        await juliet.DisconnectAsync();
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost' type='unavailable'/>");
        await romeo.ExpectNothingAsync(); // the broadcast, and no second one
    }
}
