using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>RFC 2779 §4.2.1, §5.4.1: who sends a message can learn that it arrived, or why it did not, or that this is not known.</summary>
public sealed class OutcomeTests : RemoteFixture
{
    private const string Receipt = "<request xmlns='urn:xmpp:receipts'/>";
    private TestClient romeo = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.Options.Inbox.QuotaMessages = 3;
    }

    [SetUp]
    public async Task MeetAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await Server.BefriendAsync();
        romeo = await LoginAsync("romeo@localhost/orchard");
    }

    [Test]
    public async Task Online_the_other_sides_receipt_says_so()
    {
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await romeo.DrainAsync();
        await SendAsync(Play.Juliet);
        await juliet.ExpectAsync($"<message from='romeo@localhost/orchard' id='m'>{Receipt}</message>");
        await juliet.SendAsync("<message to='romeo@localhost/orchard'><received xmlns='urn:xmpp:receipts' id='m'/></message>");
        await romeo.ExpectAsync("<message from='juliet@localhost/balcony'><received xmlns='urn:xmpp:receipts' id='m'/></message>");
    }

    [Test]
    public async Task Offline_it_is_taken_and_the_receipt_comes_when_it_was_read()
    {
        await SendAsync(Play.Juliet);
        await romeo.ExpectNothingAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        Element read = (await juliet.DrainAsync()).Single(static stanza => stanza.LocalName == "message");
        Assert.That(read.Child("urn:xmpp:receipts", "request"), Is.Not.Null);
        await juliet.SendAsync("<message to='romeo@localhost/orchard'><received xmlns='urn:xmpp:receipts' id='m'/></message>");
        Assert.That((await romeo.DrainAsync()).Any(static stanza => stanza.Child("urn:xmpp:receipts", "received") is not null));
    }

    [Test]
    public async Task Where_there_is_no_room_it_is_refused_with_the_reason()
    {
        for (int i = 0; i < 3; i++)
            await SendAsync(Play.Juliet);
        await romeo.ExpectNothingAsync();
        await SendAsync(Play.Juliet, "over");
        await romeo.ExpectAsync("<message type='error' id='over' from='juliet@localhost'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    }

    [Test]
    public async Task Of_a_resource_that_is_gone_one_is_told_also_when_the_account_is()
    {
        await romeo.SendAsync("<message to='juliet@localhost/balcony' id='m1'><body>x</body></message>");
        await romeo.ExpectAsync("<message type='error' id='m1' from='juliet@localhost/balcony'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        await Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(Play.Juliet), CancellationToken.None);
        await romeo.DrainAsync();
        await romeo.SendAsync("<message to='juliet@localhost/balcony' id='m2'><body>x</body></message>");
        await romeo.ExpectAsync("<message type='error' id='m2' from='juliet@localhost/balcony'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    }

    [TestCase("remote-server-not-found"), TestCase("remote-server-timeout")]
    public async Task Of_another_server_that_is_not_there_or_does_not_answer_the_error_comes(string condition)
    {
        StanzaError error = condition == "remote-server-not-found" ? StanzaError.RemoteServerNotFound : StanzaError.RemoteServerTimeout;
        await SendAsync(Tybalt);
        Element sent = Remote.Expect($"<message to='{Tybalt}' id='m'/>");
        await romeo.ExpectNothingAsync();
        Remote.Return(sent.ToString(), error);
        await romeo.ExpectAsync($"<message type='error' id='m' from='{Tybalt}'><error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    }

    [Test]
    public async Task What_no_line_carried_any_more_comes_back()
    {
        Remote.Refuse = static _ => StanzaError.RemoteServerNotFound;
        await SendAsync(Tybalt);
        await romeo.ExpectAsync($"<message type='error' id='m' from='{Tybalt}'><error><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    }

    private Task SendAsync(string to, string id = "m") => romeo.SendAsync($"<message to='{to}' type='chat' id='{id}'><body>Are you there?</body>{Receipt}</message>");
}
