using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests.Scripted;

/// <summary>
/// A server that a test leads: it opens streams and says on them whatever the test wants. To those that are opened to it it answers as an
/// ordinary server does, with TLS, EXTERNAL and dialback, or stops reading when it is told to.
/// </summary>
public sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly ConcurrentDictionary<string, string> keys = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<TcpClient> accepted = [];
    private readonly CancellationTokenSource end = new();
    private readonly Task accepting;

    public ScriptedPeer(string domain, IPAddress address, X509Certificate2 certificate)
    {
        Domain = domain;
        Certificate = certificate;
        Address = new IPEndPoint(address, Addresses.FreePort(address));
        listener = new TcpListener(Address);
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Domain { get; }

    /// <summary>What it shows as server and as client.</summary>
    public X509Certificate2 Certificate { get; }

    public IPEndPoint Address { get; }

    /// <summary>The stanzas that were sent to it on streams opened to it.</summary>
    public Inbox Received { get; } = new();

    /// <summary>Told of each of these as it comes.</summary>
    public Action<Element>? Arrived { get; set; }

    /// <summary>The claims (<c>db:result</c>) that were made on such streams.</summary>
    public Inbox Claims { get; } = new();

    /// <summary>Whether those who open a stream to it may prove themselves by their certificate; else they have to claim their domain.</summary>
    public bool OffersExternal { get; set; } = true;

    /// <summary>From here on streams that were opened to it are not read after their negotiation.</summary>
    public bool StopsReading { get; set; }

    /// <summary>From here on it takes connections and says nothing.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Opens a connection; nothing is said yet.</summary>
    public async Task<ScriptedStream> ConnectAsync(PeerServer server)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(server.Site.Address, server.Site.ServerPort);
        return new ScriptedStream(this, server, tcp);
    }

    /// <summary>Opens a connection, TLS and a stream.</summary>
    public async Task<ScriptedStream> OpenAsync(PeerServer server)
    {
        ScriptedStream stream = await ConnectAsync(server);
        await stream.OpenAsync();
        await stream.StartTlsAsync();
        await stream.OpenAsync();
        return stream;
    }

    /// <summary>The same, and has proven its domain by dialback.</summary>
    public async Task<ScriptedStream> ProvenAsync(PeerServer server)
    {
        ScriptedStream stream = await OpenAsync(server);
        await ProveAsync(stream, server, Domain);
        return stream;
    }

    /// <summary>Proves by dialback on that stream that it speaks for a domain, which has to be found here.</summary>
    public async Task ProveAsync(ScriptedStream stream, PeerServer server, string domain)
    {
        await stream.SendAsync($"<db:result from='{domain}' to='{server.Plan.Domain}'>{Key(stream.Id)}</db:result>");
        Element result = await stream.NextAsync() ?? throw new AssertionException("the stream ended at the claim");
        if (result["type"] != "valid") throw new AssertionException($"the claim was not believed: {result}");
    }

    /// <summary>Stops listening and cuts every line; what comes then is not for it.</summary>
    public async Task LeaveAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await accepting;
        foreach (TcpClient tcp in accepted) tcp.Dispose();
    }

    /// <summary>A key for that stream, which it will confirm when it is asked.</summary>
    public string Key(string streamId) => keys.GetOrAdd(streamId, static _ => Guid.NewGuid().ToString("n"));

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        listener.Dispose();
        Certificate.Dispose();
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                TcpClient tcp = await listener.AcceptTcpClientAsync(end.Token);
                accepted.Add(tcp);
                serving.Add(ServeAsync(tcp));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient tcp)
    {
        await using var wire = new XmlWire(tcp);
        try
        {
            bool isSecure = false;
            while (await wire.NextAsync(end.Token) is { Kind: not StreamEventKind.Close } next)
            {
                if (IsSilent) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end.Token);
                if (next.Kind == StreamEventKind.Header)
                {
                    await AnswerHeaderAsync(wire, next.Header!, isSecure);
                    continue;
                }
                Element element = next.Element!.ToElement();
                if (element.LocalName == "starttls")
                {
                    await wire.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", end.Token);
                    await wire.SecureAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate });
                    isSecure = true;
                }
                else
                {
                    await AnswerAsync(wire, element);
                }
                if (StopsReading && element.LocalName is "message" or "presence" or "iq") await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException or StreamException or ObjectDisposedException)
        {
            // The other end would not go on, or the test is over.
        }
    }

    private async Task AnswerHeaderAsync(XmlWire wire, StreamHeader header, bool isSecure)
    {
        string to = header.From is null ? "" : $"to='{header.From}'";
        await wire.SendAsync($"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' from='{header.To ?? Domain}' {to} id='{Guid.NewGuid():n}' version='1.0'>", end.Token);
        string external = OffersExternal ? "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>" : "";
        string features = isSecure
            ? external + "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
            : "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
        await wire.SendAsync($"<stream:features>{features}</stream:features>", end.Token);
    }

    private async Task AnswerAsync(XmlWire wire, Element element)
    {
        string addresses = $"from='{element["to"]}' to='{element["from"]}'";
        switch (element.LocalName)
        {
            case "auth":
                await wire.SendAsync("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", end.Token);
                wire.Restart();
                break;
            case "result" when element["type"] is null:
                Claims.Add(element);
                await wire.SendAsync($"<db:result {addresses} type='valid'/>", end.Token);
                break;
            case "verify" when element["type"] is null:
                bool isTrue = element["id"] is { } id && keys.TryGetValue(id, out string? key) && key == element.Text;
                await wire.SendAsync($"<db:verify {addresses} id='{element["id"]}' type='{(isTrue ? "valid" : "invalid")}'/>", end.Token);
                break;
            case "message" or "presence" or "iq":
                Received.Add(element);
                Arrived?.Invoke(element);
                break;
        }
    }
}
