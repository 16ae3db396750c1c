using System.Net.Security;
using System.Net.Sockets;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests.Scripted;

/// <summary>A stream that a scripted server opened: it says what the test says.</summary>
public sealed class ScriptedStream(ScriptedPeer own, PeerServer server, TcpClient tcp) : IAsyncDisposable
{
    private const string Tls = "urn:ietf:params:xml:ns:xmpp-tls";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly XmlWire wire = new(tcp);

    /// <summary>The id that the other server gave this stream.</summary>
    public string Id { get; private set; } = "";

    /// <summary>The features that came last.</summary>
    public Element Features { get; private set; } = null!;

    /// <summary>The header of a stream to the other server.</summary>
    public string Header => $"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' from='{own.Domain}' to='{server.Plan.Domain}' version='1.0'>";

    /// <summary>Whether the other server offers to take our certificate for a proof.</summary>
    public bool OffersExternal => Features.Child("urn:ietf:params:xml:ns:xmpp-sasl", "mechanisms")?.Children.Any(static mechanism => mechanism.Text == "EXTERNAL") == true;

    public Task SendAsync(string xml) => wire.SendAsync(xml);

    /// <summary>Opens a stream, takes header and features.</summary>
    public async Task OpenAsync()
    {
        wire.Restart();
        await SendAsync(Header);
        Features = await NextAsync() ?? throw new AssertionException("the stream ended at its header");
    }

    /// <summary>STARTTLS. The other's certificate must be the one it was given; ours is shown.</summary>
    public async Task StartTlsAsync()
    {
        await SendAsync($"<starttls xmlns='{Tls}'/>");
        Element proceed = await NextAsync() ?? throw new AssertionException("the stream ended at STARTTLS");
        Assert.That(proceed.LocalName, Is.EqualTo("proceed"));
        await SecureAsync();
    }

    /// <summary>The handshake alone.</summary>
    public Task SecureAsync() => wire.SecureAsync(new SslClientAuthenticationOptions
    {
        TargetHost = server.Plan.Domain,
        // As it is, also where no chain can be built.
        ClientCertificateContext = SslStreamCertificateContext.Create(own.Certificate, null, offline: true),
        RemoteCertificateValidationCallback = (_, shown, _, _) => server.Site.Shows(shown),
    });

    /// <summary>The next element; null when the stream or the connection ended.</summary>
    public async Task<Element?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await wire.NextAsync(limit.Token) is { Kind: not StreamEventKind.Close } next)
        {
            if (next.Kind == StreamEventKind.Header) Id = next.Header!.Id ?? "";
            else return next.Element!.ToElement();
        }
        return null;
    }

    /// <summary>Waits until the other server ends the stream, and gives the condition of its error; "" when it ends without one.</summary>
    public async Task<string> EndAsync()
    {
        string condition = "";
        while (await NextAsync() is { } next)
            if (next.LocalName == "error" && next.Namespace == "http://etherx.jabber.org/streams") condition = next.Children.First().LocalName;
        return condition;
    }

    public ValueTask DisposeAsync() => wire.DisposeAsync();
}
