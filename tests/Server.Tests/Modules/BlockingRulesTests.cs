using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0191: what a block does to stanzas, and what presence it sends.</summary>
[Property("Spec", "BL-1")]
public sealed class BlockingRulesTests : ServerFixture
{
    private const string Ns = "urn:xmpp:blocking";
    private TestClient juliet = null!;
    private TestClient romeo = null!;

    [SetUp]
    public async Task MeetAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost", "tybalt@localhost");
        await Server.BefriendAsync("juliet@localhost", "romeo@localhost");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await juliet.DrainAsync();
    }

    [Test]
    public async Task The_blocked_one_sees_the_account_go_and_come_back()
    {
        await BlockAsync("romeo@localhost");
        await romeo.ExpectAsync("<presence type='unavailable' from='juliet@localhost/balcony' to='romeo@localhost'/>");
        // Later changes are not for him.
        await juliet.SendAsync("<presence><show>away</show></presence>");
        await romeo.ExpectNothingAsync();
        await UnblockAsync("romeo@localhost");
        await romeo.ExpectAsync("<presence type='' from='juliet@localhost/balcony' to='romeo@localhost'><show>away</show></presence>");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task Unblocking_everything_brings_presence_back_and_tells_the_owner_what_was_missed()
    {
        await BlockAsync("localhost");
        await romeo.ExpectAsync("<presence type='unavailable' from='juliet@localhost/balcony'/>");
        await romeo.SendAsync("<presence><show>dnd</show></presence>");
        await juliet.DrainAsync();
        await romeo.DrainAsync();
        await juliet.SendAsync($"<iq type='set' id='all'><unblock xmlns='{Ns}'/></iq>");
        await juliet.ExpectAllAsync("<iq type='result' id='all'/>", "<presence from='romeo@localhost/orchard'><show>dnd</show></presence>");
        await romeo.ExpectAsync("<presence type='' from='juliet@localhost/balcony'/>");
    }

    [Test]
    public async Task A_stranger_is_sent_no_presence_by_blocking()
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        await BlockAsync("tybalt@localhost");
        await UnblockAsync("tybalt@localhost");
        await tybalt.ExpectNothingAsync();
    }

    [Test]
    public async Task Directed_presence_ends_with_a_block_and_is_not_ended_twice()
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        await juliet.SendAsync("<presence to='tybalt@localhost/street'/>");
        await tybalt.ExpectAsync("<presence from='juliet@localhost/balcony' type=''/>");
        await BlockAsync("tybalt@localhost");
        await tybalt.ExpectAsync("<presence from='juliet@localhost/balcony' type='unavailable'/>");
        await juliet.SendAsync("<presence type='unavailable'/>");
        await tybalt.ExpectNothingAsync();
    }

    [Test]
    public async Task Presence_subscriptions_and_probes_of_a_blocked_one_are_dropped_without_a_word()
    {
        await BlockAsync("romeo@localhost");
        await romeo.DrainAsync();
        await romeo.SendAsync("<presence><show>chat</show></presence>");
        await romeo.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost'/>");
        await romeo.SendAsync("<presence type='unsubscribe' to='juliet@localhost'/>");
        await juliet.ExpectNothingAsync();
        Assert.That((await romeo.DrainAsync()).Where(stanza => stanza["from"]?.StartsWith("juliet", StringComparison.Ordinal) == true), Is.Empty);
    }

    [Test, Property("Spec", "D-08")]
    public async Task Messages_of_a_blocked_stranger_get_what_messages_to_nobody_get([Values("chat", "normal", "headline", "groupchat", "error")] string type, [Values("", "/balcony", "/none")] string resource)
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        await BlockAsync("tybalt@localhost");
        await tybalt.SendAsync($"<message id='m' type='{type}' to='juliet@localhost{resource}'><body>hi</body></message>");
        string her = string.Join('\n', (await tybalt.DrainAsync()).Select(stanza => stanza.Faceless()));
        await tybalt.SendAsync($"<message id='m' type='{type}' to='nobody@localhost{resource}'><body>hi</body></message>");
        string nobody = string.Join('\n', (await tybalt.DrainAsync()).Select(stanza => stanza.Faceless()));
        Assert.That(her, Is.EqualTo(nobody));
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task What_a_blocked_one_sent_is_not_stored()
    {
        await BlockAsync("romeo@localhost");
        await juliet.DisconnectAsync();
        await romeo.SendAsync("<message type='chat' to='juliet@localhost'><body>hi</body></message>");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        Assert.That((await juliet.DrainAsync()).Select(stanza => stanza.LocalName), Has.None.EqualTo("message"));
    }

    [Test]
    public async Task Requests_of_a_blocked_one_are_unavailable_and_his_results_dropped()
    {
        await BlockAsync("romeo@localhost");
        await romeo.DrainAsync();
        foreach (string to in new[] { "juliet@localhost/balcony", "juliet@localhost", "juliet@localhost/none" })
        {
            Element answer = await romeo.AskAsync($"<iq type='get' id='{to}' to='{to}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
            answer.ShouldBe("service-unavailable");
        }
        await romeo.SendAsync("<iq type='result' id='r' to='juliet@localhost/balcony'/>");
        await romeo.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task Sending_to_a_blocked_one_is_not_acceptable()
    {
        await BlockAsync("romeo@localhost");
        await romeo.DrainAsync();
        const string Error = "<error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><blocked xmlns='urn:xmpp:blocking:errors'/></error>";
        await juliet.SendAsync("<message id='1' type='chat' to='romeo@localhost'><body>hi</body></message>");
        await juliet.ExpectAsync($"<message id='1' type='error' from='romeo@localhost'>{Error}</message>");
        await juliet.SendAsync("<iq id='2' type='get' to='romeo@localhost/orchard'><ping xmlns='urn:xmpp:ping'/></iq>");
        await juliet.ExpectAsync($"<iq id='2' type='error' from='romeo@localhost/orchard'>{Error}</iq>");
        await juliet.SendAsync("<presence id='3' to='romeo@localhost/orchard'/>");
        await juliet.ExpectAsync($"<presence id='3' type='error' from='romeo@localhost/orchard'>{Error}</presence>");
        await juliet.SendAsync("<presence id='4' type='subscribe' to='romeo@localhost'/>");
        await juliet.ExpectAsync($"<presence id='4' type='error' from='romeo@localhost'>{Error}</presence>");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task After_unblocking_everything_passes_again()
    {
        await BlockAsync("romeo@localhost");
        await UnblockAsync("romeo@localhost");
        await romeo.DrainAsync();
        await juliet.DrainAsync();
        await romeo.SendAsync("<message type='chat' to='juliet@localhost'><body>one</body></message>");
        await juliet.ExpectAsync("<message from='romeo@localhost/orchard'><body>one</body></message>");
        await juliet.SendAsync("<message type='chat' to='romeo@localhost'><body>two</body></message>");
        await romeo.ExpectAsync("<message from='juliet@localhost/balcony'><body>two</body></message>");
    }

    [Test]
    public async Task A_blocked_resource_leaves_the_others_alone()
    {
        TestClient home = await Server.LoginAsync("romeo@localhost/home");
        await juliet.DrainAsync();
        await romeo.DrainAsync();
        await BlockAsync("romeo@localhost/orchard");
        await romeo.SendAsync("<message type='chat' to='juliet@localhost'><body>one</body></message>");
        await juliet.ExpectNothingAsync();
        await home.SendAsync("<message type='chat' to='juliet@localhost'><body>two</body></message>");
        await juliet.ExpectAsync("<message from='romeo@localhost/home'><body>two</body></message>");
        await romeo.ExpectAsync("<presence type='unavailable' from='juliet@localhost/balcony' to='romeo@localhost/orchard'/>");
        await home.ExpectNothingAsync();
    }

    [Test]
    public async Task Blocking_the_own_domain_spares_oneself_and_the_server()
    {
        TestClient chamber = await Server.LoginAsync("juliet@localhost/chamber");
        await juliet.DrainAsync();
        await BlockAsync("localhost");
        await romeo.DrainAsync();
        (await juliet.AskAsync("<iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")).ShouldBeDone();
        await juliet.SendAsync("<message type='chat' to='juliet@localhost/chamber'><body>me</body></message>");
        await chamber.ExpectAsync("<message><body>me</body></message>");
        await romeo.SendAsync("<message type='chat' to='juliet@localhost'><body>one</body></message>");
        await juliet.ExpectNothingAsync();
        await UnblockAsync("localhost");
    }

    [Test]
    public async Task A_block_holds_while_nobody_is_there_and_after_a_restart()
    {
        await BlockAsync("romeo@localhost");
        await Server.RestartAsync();
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync("<message type='chat' to='juliet@localhost'><body>one</body></message>");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
    }

    private async Task BlockAsync(string jid) =>
        (await juliet.AskAsync($"<iq type='set' id='{Guid.NewGuid()}'><block xmlns='{Ns}'><item jid='{jid}'/></block></iq>")).ShouldBeDone();

    private async Task UnblockAsync(string jid)
    {
        string id = Guid.NewGuid().ToString();
        await juliet.SendAsync($"<iq type='set' id='{id}'><unblock xmlns='{Ns}'><item jid='{jid}'/></unblock></iq>");
        Assert.That((await juliet.DrainAsync()).Select(stanza => stanza["id"]), Has.Member(id));
    }

    [Test]
    public async Task A_probe_of_a_blocked_subscriber_is_not_answered_and_so_ends_no_subscription()
    {
        await BlockAsync("romeo@localhost");
        await romeo.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='probe'/><presence to='juliet@localhost/balcony' type='probe'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-07")]
    public async Task The_request_of_one_blocked_after_it_is_not_told_at_the_login_until_he_is_unblocked()
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        await tybalt.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
        await juliet.DrainAsync();
        await BlockAsync("tybalt@localhost");
        TestClient other = await Server.ConnectAsync("juliet@localhost/other");
        await other.SendAsync("<presence/>");
        Assert.That((await other.DrainAsync()).Select(stanza => stanza["type"]), Has.None.EqualTo("subscribe"));
        await juliet.SendAsync("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>");
        await other.SendAsync("<presence type='unavailable'/><presence/>");
        Assert.That((await other.DrainAsync()).Select(stanza => stanza["type"]), Has.One.EqualTo("subscribe"));
    }
}
