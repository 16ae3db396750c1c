using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Sessions;

/// <summary>XEP-0352 1.0: what waits in the outbox of a client that nobody looks at, and what lets it go.</summary>
[Property("Spec", "XEP-0352")]
public sealed class ClientStateTests : ServerFixture
{
    private const int Most = 20;
    private const string ChatState = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
    private TestClient romeo = null!;
    private TestClient phone = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Options.Limits.OutboxBytes = 65536;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "nurse@localhost");
        await Server.BefriendAsync();
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        phone = await Server.LoginAsync("juliet@localhost/phone");
        await phone.ShowInterestAsync();
        await romeo.DrainAsync();
        phone.Session.Outbox.Rest(Most, 10000);
    }

    [Test]
    public async Task Presence_and_chat_states_wait_until_the_client_is_active_again()
    {
        await romeo.SendAsync("<presence><show>away</show></presence>");
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='1'>{ChatState}</message>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(2));
        phone.Session.Outbox.Rouse();
        await phone.ExpectAsync("<presence><show>away</show></presence>");
        await phone.ExpectAsync("<message id='1'/>");
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='2'>{ChatState}</message>");
        await phone.ExpectAsync("<message id='2'/>");
    }

    [Test]
    public async Task Of_each_sender_only_the_latest_presence_is_kept_in_its_own_place()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        for (int i = 0; i < 50; i++)
        {
            await romeo.SendAsync($"<presence><status>{i}</status></presence>");
            await nurse.SendAsync($"<presence to='juliet@localhost/phone'><status>{i}</status></presence>");
        }
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='1'>{ChatState}</message>");
        await romeo.SendAsync("<presence type='unavailable'/>");
        phone.Session.Outbox.Rouse();
        await phone.ExpectAsync("<presence from='nurse@localhost/hall'><status>49</status></presence>");
        await phone.ExpectAsync("<message id='1'/>");
        await phone.ExpectAsync("<presence from='romeo@localhost/orchard' type='unavailable'/>");
        await phone.ExpectNothingAsync();
    }

    [Test]
    public async Task In_a_room_nothing_is_left_out()
    {
        for (int i = 0; i < 3; i++)
            await romeo.SendAsync($"<presence to='juliet@localhost/phone'><status>{i}</status><x xmlns='http://jabber.org/protocol/muc#user'/></presence>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(3));
        phone.Session.Outbox.Rouse();
        for (int i = 0; i < 3; i++)
            await phone.ExpectAsync($"<presence><status>{i}</status></presence>");
    }

    [TestCase("<message to='juliet@localhost' type='chat'><body>x</body></message>", false)]
    [TestCase("<message to='juliet@localhost/phone' type='groupchat'><body>x</body></message>", false)]
    [TestCase("<message to='juliet@localhost/phone' type='groupchat'><subject>x</subject></message>", false)]
    [TestCase("<message to='juliet@localhost/phone' type='chat'><encrypted xmlns='urn:xmpp:omemo:2'/><store xmlns='urn:xmpp:hints'/></message>", false)]
    [TestCase("<message to='juliet@localhost/phone' type='chat'><propose xmlns='urn:xmpp:jingle-message:0' id='x'/></message>", false)]
    [TestCase("<message to='juliet@localhost/phone'><x xmlns='jabber:x:conference' jid='r@m'/></message>", false)]
    [TestCase("<message to='juliet@localhost/phone' type='error'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", false)]
    [TestCase("<message to='juliet@localhost/phone' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/><thread>t</thread><no-store xmlns='urn:xmpp:hints'/></message>", true)]
    [TestCase("<message to='juliet@localhost/phone' type='chat'><received xmlns='urn:xmpp:receipts' id='x'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/></message>", true)]
    [TestCase("<message to='juliet@localhost/phone' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/></message>", true)]
    [TestCase("<message to='juliet@localhost/phone' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'/></message>", true)]
    [TestCase("<message to='juliet@localhost/phone' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'/><body>x</body></message>", false)]
    [TestCase("<presence to='juliet@localhost/phone'/>", true)]
    [TestCase("<presence to='juliet@localhost/phone' type='unavailable'/>", true)]
    [TestCase("<presence to='juliet@localhost/phone' type='error'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>", false)]
    [TestCase("<presence to='juliet@localhost' type='unsubscribe'/>", false)]
    [TestCase("<iq to='juliet@localhost/phone' type='get' id='i'><x xmlns='urn:x'/></iq>", false)]
    public async Task What_can_wait(string stanza, bool waits)
    {
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='before'>{ChatState}</message>");
        await romeo.SendAsync(stanza);
        if (waits)
        {
            Assert.That(phone.Session.Outbox.Held, Is.EqualTo(2));
            return;
        }
        // What is important brings with it, in order, what came before it.
        await phone.ExpectAsync("<message id='before'/>");
        Element next = await phone.ExpectAnyAsync();
        Assert.That(next.LocalName, Is.EqualTo(Xml.Parse(stanza).LocalName).Or.EqualTo("iq"));
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='behind'>{ChatState}</message>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(1));
    }

    [Test]
    public async Task Carbons_wait_as_what_is_in_them_but_what_was_read_elsewhere_does_not()
    {
        await phone.SendAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
        await phone.DrainAsync();
        TestClient desk = await Server.LoginAsync("juliet@localhost/desk");
        await romeo.DrainAsync();
        phone.Session.Outbox.Rouse();
        await phone.DrainAsync();
        phone.Session.Outbox.Rest(Most, 10000);
        await romeo.SendAsync($"<message to='juliet@localhost/desk' type='chat'>{ChatState}</message>");
        await desk.SendAsync($"<message to='romeo@localhost/orchard' type='chat'>{ChatState}</message>");
        await romeo.SendAsync("<message to='juliet@localhost/desk' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/></message>");
        await desk.SendAsync("<message to='romeo@localhost/orchard' type='chat'><received xmlns='urn:xmpp:chat-markers:0' id='x'/></message>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(4));
        await desk.SendAsync("<message to='romeo@localhost/orchard' type='chat'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/></message>");
        foreach (string direction in new[] { "received", "sent", "received", "sent", "sent" })
            await phone.ExpectAsync($"<message><{direction} xmlns='urn:xmpp:carbons:2'/></message>");
    }

    [Test]
    public async Task A_number_of_stanzas_and_of_bytes_is_not_exceeded()
    {
        for (int i = 0; i < Most; i++)
            await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='{i}'>{ChatState}</message>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(Most));
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='{Most}'>{ChatState}</message>");
        for (int i = 0; i <= Most; i++)
            await phone.ExpectAsync($"<message id='{i}'/>");
        string large = $"<message to='juliet@localhost' type='chat'>{ChatState}<thread>{new string('t', 4500)}</thread></message>";
        await romeo.SendAsync(large);
        await romeo.SendAsync(large);
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(2));
        await romeo.SendAsync(large);
        for (int i = 0; i < 3; i++)
            await phone.ExpectAsync("<message/>");
        // Presence that was superseded does not count.
        for (int i = 0; i < 10; i++)
            await romeo.SendAsync($"<presence><status>{new string('s', 4000)}</status></presence>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(1));
    }

    [Test]
    public async Task What_waits_never_takes_the_room_of_an_answer_nor_makes_one_be_refused()
    {
        phone.Session.Outbox.Rest(int.MaxValue, long.MaxValue);
        string large = $"<message to='juliet@localhost' type='chat'>{ChatState}<thread>{new string('t', 8000)}</thread></message>";
        for (int i = 0; i < 4; i++)
            await romeo.SendAsync(large);
        // More than half of the outbox does not wait.
        for (int i = 0; i < 4; i++)
            await phone.ExpectAsync("<message/>");
        for (int i = 0; i < 3; i++)
            await romeo.SendAsync(large);
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(3));
        Task answered = phone.Session.SendAsync(new Protocol.Stanzas.Iq { Type = Protocol.Stanzas.IqType.Result, Id = "large", Content = Protocol.Stanzas.StanzaContent.Of(new Element("urn:x", "x", new string('x', 60000))) }, CancellationToken.None).AsTask();
        for (int i = 0; i < 3; i++)
            await phone.ExpectAsync("<message/>");
        await answered;
        await phone.ExpectAsync("<iq id='large'/>");
    }

    [Test]
    public async Task Nothing_is_lost_when_the_session_ends_meanwhile()
    {
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='receipt'><received xmlns='urn:xmpp:receipts' id='x'/></message>");
        Assert.That(phone.Session.Outbox.Held, Is.EqualTo(1));
        await phone.DisconnectAsync();
        TestClient next = await Server.ConnectAsync("juliet@localhost/next");
        await next.SendAsync("<presence/>");
        Assert.That((await next.DrainAsync()).Count(stanza => stanza["id"] == "receipt"), Is.EqualTo(1));
    }

    [Test]
    public async Task What_waits_is_written_before_the_server_closes()
    {
        await romeo.SendAsync("<presence><show>away</show></presence>");
        phone.Session.Close(Protocol.Streams.StreamError.SystemShutdown);
        await phone.ExpectAsync("<presence><show>away</show></presence>");
    }

    [Test]
    public async Task A_client_can_begin_as_inactive()
    {
        await phone.DisconnectAsync();
        await romeo.DrainAsync();
        phone = await Server.ConnectAsync("juliet@localhost/phone");
        Assert.That(Server.Get<ServiceCatalog>().BindFeatures, Does.Contain("urn:xmpp:csi:0"));
        Func<PresenceXml.Server.Sessions.ClientSession, Element, Element?> begin = Server.Get<ServiceCatalog>().FindBindFeature("urn:xmpp:csi:0")!;
        begin(phone.Session, new Element("urn:xmpp:csi:0", "active"));
        Assert.That(phone.Session.Outbox.IsResting, Is.False);
        begin(phone.Session, new Element("urn:xmpp:csi:0", "inactive"));
        await phone.SendAsync("<presence/>");
        Assert.That(phone.Session.Outbox.Held, Is.GreaterThan(0));
    }
}
