using System.Net.Sockets;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

/// <summary>A scripted server, called by the test, and one called by another.</summary>
public class PeerServerTests
{
    private const string Header =
        "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' from='montague.example' to='verona' version='1.0'>";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly CastMember Verona = new("Verona", "Verona", null, null, false, IsServer: true);
    private static readonly Venue Venue = new("127.0.0.1", 1, null, "montague.example", TlsMode.StartTls, Insecure: true, Patience, ServerPort: 1);
    private static readonly Matcher Matcher = new(new(static _ => null));

    [SetUp]
    public void Needs_a_loopback_net() => Assume.That(PeerServer.WhyNot(), Is.Null);

    [Test]
    public async Task An_ordinary_server_answers_with_STARTTLS_and_dialback_and_keeps_the_stanzas()
    {
        await using var verona = PeerServer.Start(Verona, Venue, Matcher, isLed: false);
        await using var line = await XmppConnection.OpenAsync(verona.Domain, 5269, CancellationToken.None);
        await line.SendAsync(Header, CancellationToken.None);
        Assert.That(await HeaderAsync(line), Is.EqualTo((verona.Domain, "montague.example")));
        var features = await ElementAsync(line);
        Assert.That(features.Child("urn:ietf:params:xml:ns:xmpp-tls", "starttls"), Is.Not.Null);
        await line.SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", CancellationToken.None);
        Assert.That((await ElementAsync(line)).LocalName, Is.EqualTo("proceed"));
        await line.SecureAsync(verona.Domain, insecure: true, direct: false, CancellationToken.None);
        await line.SendAsync(Header, CancellationToken.None);
        Assert.That(await HeaderAsync(line), Is.EqualTo((verona.Domain, "montague.example")));
        features = await ElementAsync(line);
        Assert.That(features.Children.Select(static child => child.LocalName), Is.EqualTo(new[] { "dialback" }));

        await line.SendAsync(Verify(verona, "7", verona.Value("dialback-key", "7")!) + Verify(verona, "8", verona.Value("dialback-key", "7")!), CancellationToken.None);
        Assert.That((await ElementAsync(line))["type"], Is.EqualTo("valid"));
        Assert.That((await ElementAsync(line))["type"], Is.EqualTo("invalid"));
        await line.SendAsync($"<db:result from='montague.example' to='{verona.Domain}'>key</db:result><message id='m1'/>", CancellationToken.None);
        Assert.That((await ElementAsync(line))["type"], Is.EqualTo("valid"));
        Assert.That((await verona.ReceiveStanzaAsync("the message"))["id"], Is.EqualTo("m1"));
        Assert.That(verona.CanBeFenced);
    }

    [Test]
    public async Task One_scripted_server_calls_another()
    {
        await using var padua = PeerServer.Start(new("Padua", "Padua", null, null, false, IsServer: true), Venue, Matcher, isLed: false);
        var venue = Venue with { Host = padua.Domain, Domain = padua.Domain, ServerPort = 5269 };
        var play = PlayParser.Parse("p", """
            # title
            # id: R-20
            [Server] Verona
            ---
            Verona connects
            Verona (out) receives nothing
            Verona sends: <message from='a@{Verona domain}' to='b@{domain}' id='m1'/>
            Verona (out) synchronizes
            Verona closes the stream
            Verona (out)'s stream closes
            """);
        await using var performance = new Performance(play, venue, new Dictionary<string, Account>());
        var failure = await performance.PerformAsync(CancellationToken.None);
        Assert.That(failure, Is.Null, failure?.Problem);
        Assert.That((await padua.ReceiveStanzaAsync("the message"))["id"], Is.EqualTo("m1"));
    }

    [Test]
    public async Task A_play_leads_the_connections_that_it_accepts()
    {
        await using var verona = PeerServer.Start(Verona, Venue with { Tls = TlsMode.None }, Matcher, isLed: true);
        await using var line = await XmppConnection.OpenAsync(verona.Domain, 5269, CancellationToken.None);
        await line.SendAsync(Header + "<db:result>key</db:result><message id='m1'/>", CancellationToken.None);
        await verona.AcceptStreamAsync(CancellationToken.None);
        verona.In.AcceptClaims();
        Assert.That((await verona.In.ReceiveStanzaAsync("the message"))["id"], Is.EqualTo("m1"));
        Assert.That(await HeaderAsync(line), Is.EqualTo((verona.Domain, "montague.example")));
        Assert.That((await ElementAsync(line)).LocalName, Is.EqualTo("features"));
        Assert.That((await ElementAsync(line))["type"], Is.EqualTo("valid"));
        Assert.That(verona.CanBeFenced, Is.False);
    }

    [Test]
    public async Task A_server_that_goes_away_cuts_its_lines_and_cannot_be_called()
    {
        await using var verona = PeerServer.Start(Verona, Venue, Matcher, isLed: false);
        await using var line = await XmppConnection.OpenAsync(verona.Domain, 5269, CancellationToken.None);
        await line.SendAsync(Header, CancellationToken.None);
        await HeaderAsync(line);
        await ElementAsync(line);
        await verona.GoAwayAsync();
        Assert.That(await line.ReceiveAsync(Patience), Is.InstanceOf<Received.ConnectionClose>());
        Assert.That(
            async () => await XmppConnection.OpenAsync(verona.Domain, 5269, CancellationToken.None), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Fences_go_from_and_to_the_addresses_that_were_spoken_of()
    {
        await using var verona = PeerServer.Start(Verona, Venue, Matcher, isLed: false);
        Assert.That(verona.SenderAddresses, Is.EqualTo(new[] { $"fence@{verona.Domain}" }));
        verona.Meet($"<message from='a@{verona.Domain}/r' to=\"b@montague.example\"/><presence from='c@montague.example' to='d@{verona.Domain}/s'/>");
        Assert.That(verona.SenderAddresses, Is.EqualTo(new[] { $"a@{verona.Domain}/r" }));
        Assert.That(verona.RecipientAddresses, Is.EqualTo(new[] { $"a@{verona.Domain}", $"d@{verona.Domain}" }));
    }

    private static string Verify(PeerServer server, string id, string key) =>
        $"<db:verify from='montague.example' to='{server.Domain}' id='{id}'>{key}</db:verify>";

    private static async Task<(string?, string?)> HeaderAsync(XmppConnection line) =>
        await line.ReceiveAsync(Patience) is Received.Header { Value: var header } ? (header.From, header.To) : (null, null);

    private static async Task<Element> ElementAsync(XmppConnection line) =>
        await line.ReceiveAsync(Patience) is Received.Stanza { Value: var element } ? element : throw new AssertionException("no element came");
}
