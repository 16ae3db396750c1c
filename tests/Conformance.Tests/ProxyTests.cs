using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using PresenceXml.Conformance.Mutation;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

/// <summary>Without a mistake the proxy is not there: byte for byte, with and without TLS, to the end.</summary>
public class ProxyTests
{
    private const string Header = "<?xml version='1.0'?>\n<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1'\tversion=\"1.0\" >";
    private static readonly Play Play = PlayParser.Parse("test", "# a test\n# id: X\n[Client] Romeo romeo@{domain}\n---\nRomeo opens a connection");
    private static readonly SslStreamCertificateContext Certificate = ProxyCertificate.Create("example.org");

    [TestCase(" " + Header + "<a  b='1'/>\n <message><body>&#x41;<![CDATA[<]]></body></message></stream:stream> trailing")]
    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [TestCase(Header + "<message></presence>and more")]
    public async Task Bytes_of_the_server_pass_as_they_are(string sent) => await PassAsync(sent, fromServer: true);

    [TestCase(Header + "<a  b='1'/>\n <message/></stream:stream>")]
    [TestCase("GET / HTTP/1.1\r\n\r\n")]
    [TestCase("\0\x1")]
    public async Task Bytes_of_the_client_pass_as_they_are(string sent) => await PassAsync(sent, fromServer: false);

    [Test]
    public async Task A_line_that_is_cut_is_cut_for_the_server()
    {
        using var listener = Listen(out var venue);
        await using var proxy = new BrokenServer(venue, Play, Certificate, mutant: null);
        using var client = await ConnectAsync(proxy);
        using var server = await listener.AcceptSocketAsync();
        client.LingerState = new(true, 0);
        client.Close();
        Assert.That(async () => await server.ReceiveAsync(new byte[1]), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Starttls_upgrades_both_sides_and_loses_nothing()
    {
        using var listener = Listen(out var venue);
        await using var proxy = new BrokenServer(venue, Play, Certificate, mutant: null);
        var serving = ServeStartTlsAsync(listener);
        await using var connection = await XmppConnection.OpenAsync("127.0.0.1", proxy.DoorOf(Play.Cast[0]).Port, CancellationToken.None);
        await connection.SendAsync(Header + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", CancellationToken.None);
        Assert.That(await connection.ReceiveAsync(venue.Patience), Is.InstanceOf<Received.Header>());
        Assert.That(await connection.ReceiveAsync(venue.Patience), Is.InstanceOf<Received.Stanza>());
        await connection.SecureAsync("example.org", insecure: true, direct: false, CancellationToken.None);
        await connection.SendAsync(Header, CancellationToken.None);
        Assert.That((await connection.ReceiveAsync(venue.Patience)).ToString(), Does.Contain("id='1'"));
        Assert.That(await connection.ReceiveAsync(venue.Patience), Is.InstanceOf<Received.StreamClose>());
        Assert.That(await connection.ReceiveAsync(venue.Patience), Is.InstanceOf<Received.ConnectionClose>());
        await serving;
        Assert.That(proxy.Events.Select(static passed => passed.Kind), Does.Contain(WireEventKind.End));
    }

    private static async Task ServeStartTlsAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await ReadUntilAsync(client.GetStream(), "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Header + "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = Certificate });
        await ReadUntilAsync(tls, Header);
        await tls.WriteAsync(Encoding.UTF8.GetBytes(Header + "</stream:stream>"));
        await tls.ShutdownAsync();
    }

    private static async Task PassAsync(string sent, bool fromServer)
    {
        using var listener = Listen(out var venue);
        await using var proxy = new BrokenServer(venue, Play, Certificate, mutant: null);
        using var client = await ConnectAsync(proxy);
        using var server = await listener.AcceptSocketAsync();
        var (from, to) = fromServer ? (server, client) : (client, server);
        await from.SendAsync(Encoding.UTF8.GetBytes(sent));
        from.Shutdown(SocketShutdown.Send);
        using var stream = new NetworkStream(to);
        using var reader = new StreamReader(stream);
        Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(sent));
    }

    private static async Task<Socket> ConnectAsync(BrokenServer proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, proxy.DoorOf(Play.Cast[0]).Port);
        return client;
    }

    private static TcpListener Listen(out Venue venue)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        venue = new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, null, "example.org", TlsMode.StartTls, Insecure: true, TimeSpan.FromSeconds(5));
        return listener;
    }

    private static async Task ReadUntilAsync(Stream wire, string end)
    {
        var text = new StringBuilder();
        var chunk = new byte[1024];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
            text.Append(Encoding.UTF8.GetString(chunk, 0, await wire.ReadAsync(chunk)));
    }
}
