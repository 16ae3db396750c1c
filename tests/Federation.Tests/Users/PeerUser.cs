using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests.Users;

/// <summary>A user with the smallest client that does for these tests: direct TLS, PLAIN, and stanzas written and read as they are.</summary>
public sealed class PeerUser : IAsyncDisposable
{
    public const string Password = "correct horse";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly XmlWire wire;
    private readonly string domain;
    private readonly Inbox inbox = new();
    private Task reading = Task.CompletedTask;

    private PeerUser(XmlWire wire, string domain)
    {
        this.wire = wire;
        this.domain = domain;
    }

    public string Bare { get; private set; } = "";

    public string Full { get; private set; } = "";

    /// <summary>Makes the account by in-band registration (XEP-0077).</summary>
    public static async Task RegisterAsync(PeerServer server, string user)
    {
        await using PeerUser client = await ConnectAsync(server);
        await client.SendAsync($"<iq type='set' id='register'><query xmlns='jabber:iq:register'><username>{user}</username><password>{Password}</password></query></iq>");
        Element answer = await client.NextElementAsync();
        if (answer["type"] != "result") throw new AssertionException($"{user} could not be registered at {client.domain}: {answer}");
    }

    /// <summary>Logs in and binds a resource; sends no presence.</summary>
    public static async Task<PeerUser> LoginAsync(PeerServer server, string user, string resource = "test")
    {
        PeerUser client = await ConnectAsync(server);
        string plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{Password}"));
        await client.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
        Element success = await client.NextElementAsync();
        if (success.LocalName != "success") throw new AssertionException($"{user} could not log in at {client.domain}: {success}");
        client.wire.Restart();
        await client.OpenAsync();
        await client.SendAsync($"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>");
        Element bound = await client.NextElementAsync();
        client.Full = bound.Children.FirstOrDefault()?.Children.FirstOrDefault()?.Text ?? throw new AssertionException($"bind was refused: {bound}");
        client.Bare = client.Full[..client.Full.IndexOf('/', StringComparison.Ordinal)];
        client.reading = client.ReadAllAsync();
        return client;
    }

    public Task SendAsync(string xml) => wire.SendAsync(xml);

    /// <summary>Takes the first stanza that came, or will come, and matches; those before it stay. Fails with all that came when there is none in time.</summary>
    public Task<Element> ExpectAsync(string what, Func<Element, bool> match) => inbox.TakeAsync($"{Full}: {what}", match, Patience);

    /// <summary>Sends a request and takes its answer, result or error; requests of others that come meanwhile stay.</summary>
    public async Task<Element> AskAsync(string to, string type, string payload)
    {
        string id = $"q{Guid.NewGuid():n}";
        await SendAsync($"<iq type='{type}' to='{to}' id='{id}'>{payload}</iq>");
        return await ExpectAsync($"the answer of {to} to {payload}", next => next.LocalName == "iq" && next["id"] == id && next["type"] is "result" or "error");
    }

    /// <summary>What came and was not taken.</summary>
    public IReadOnlyList<Element> Waiting => inbox.Waiting;

    /// <summary>Takes all that came so far and matches.</summary>
    public IReadOnlyList<Element> TakeAll(Func<Element, bool> match) => inbox.TakeAll(match);

    /// <summary>Done when the next stanza has come or the stream is over.</summary>
    public Task ChangedAsync() => inbox.ChangedAsync();

    /// <summary>Closes the stream and waits until the server has closed its own.</summary>
    public async Task LogoutAsync()
    {
        await SendAsync("<presence type='unavailable'/></stream:stream>");
        await reading.WaitAsync(Patience);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await wire.DisposeAsync();
        await reading;
    }

    private static async Task<PeerUser> ConnectAsync(PeerServer server)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(server.Site.Address, server.Site.ClientTlsPort);
        var client = new PeerUser(new XmlWire(tcp), server.Plan.Domain);
        await client.wire.SecureAsync(new SslClientAuthenticationOptions
        {
            TargetHost = server.Plan.Domain,
            ApplicationProtocols = [new SslApplicationProtocol("xmpp-client")],
            RemoteCertificateValidationCallback = (_, shown, _, _) => server.Site.Shows(shown),
        });
        await client.OpenAsync();
        return client;
    }

    private async Task OpenAsync()
    {
        await SendAsync($"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>");
        Element features = await NextElementAsync();
        if (features.LocalName != "features") throw new AssertionException($"no stream features but {features}");
    }

    private async Task<Element> NextElementAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await wire.NextAsync(limit.Token) is { Kind: not StreamEventKind.Close } next)
            if (next.Kind == StreamEventKind.Element) return next.Element!.ToElement();
        throw new AssertionException($"{domain} closed the stream");
    }

    private async Task ReadAllAsync()
    {
        try
        {
            while (await wire.NextAsync(CancellationToken.None) is { Kind: not StreamEventKind.Close } next)
                if (next.Kind == StreamEventKind.Element) inbox.Add(next.Element!.ToElement());
        }
        finally
        {
            inbox.Close();
        }
    }
}
