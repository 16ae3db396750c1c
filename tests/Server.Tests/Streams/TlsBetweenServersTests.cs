using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PresenceXml.Server.Streams.Tls;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Handshakes between servers (RFC 7590, XEP-0178, XEP-0368), both sides ours or one of them a bare SslStream.</summary>
[CancelAfter(60_000)]
public sealed class TlsBetweenServersTests
{
    private TlsPeers peers = null!;
    private CertificateAuthority authority = null!;
    private PeerTrust trust = null!;

    [SetUp]
    public void Begin()
    {
        peers = new TlsPeers();
        authority = new CertificateAuthority("Test Root", peers.Time.GetUtcNow());
        trust = new PeerTrust(authority.Trusted, peers.Time);
    }

    [TearDown]
    public async Task End()
    {
        authority.Dispose();
        await peers.DisposeAsync();
    }

    private (string Chain, string Key) For(params string[] dns) => authority.Issue(new LeafWish { Now = peers.Time.GetUtcNow(), Dns = dns });

    [Test, Property("Spec", "T-10"), Property("Spec", "T-11"), Property("Spec", "T-12")]
    public async Task Each_sees_the_others_certificate_and_bytes_pass([Values] bool direct)
    {
        (TlsTransport client, TlsTransport server) = await peers.MeetAsync(For("here.example"), For("there.example"), trust, new TlsTarget("there.example", "here.example", direct));
        Assert.That(client.Peer!.Problem("there.example"), Is.Null);
        Assert.That(server.Peer!.Problem("here.example"), Is.Null);
        Assert.That(client.Peer.Proves("here.example"), Is.False);
        await client.Output.WriteAsync(Encoding.ASCII.GetBytes("over there"));
        Assert.That(Encoding.ASCII.GetString((await server.Input.ReadAtLeastAsync(10)).Buffer.FirstSpan), Is.EqualTo("over there"));
        await server.Output.WriteAsync(Encoding.ASCII.GetBytes("and back"));
        Assert.That(Encoding.ASCII.GetString((await client.Input.ReadAtLeastAsync(8)).Buffer.FirstSpan), Is.EqualTo("and back"));
    }

    [Test, Property("Spec", "T-12"), Property("Spec", "T-14")]
    public async Task Who_has_no_certificate_is_not_turned_away([Values(SslProtocols.Tls12, SslProtocols.Tls13)] SslProtocols version)
    {
        (TlsTransport server, SslStream client) = await AcceptAsync(trust, new SslClientAuthenticationOptions { TargetHost = "there.example", EnabledSslProtocols = version });
        await using (server)
        await using (client)
        {
            Assert.That(server.Peer, Is.Null);
            Assert.That(client.SslProtocol, Is.EqualTo(version));
        }
    }

    [Test]
    public async Task A_client_is_not_asked_for_a_certificate([Values(SslProtocols.Tls12, SslProtocols.Tls13)] SslProtocols version)
    {
        using ServerCertificateHolder own = new(For("romeo.example"));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "there.example",
            EnabledSslProtocols = version,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => own.Certificate,
        };
        (TlsTransport server, SslStream client) = await AcceptAsync(null, options);
        await using (server)
        await using (client)
        {
            Assert.That(server.Peer, Is.Null);
            Assert.That(client.IsMutuallyAuthenticated, Is.False);
        }
        (server, client) = await AcceptAsync(trust, options);
        await using (server)
        await using (client)
        {
            Assert.That(server.Peer!.Proves("romeo.example"), Is.True, "a server is");
            Assert.That(client.IsMutuallyAuthenticated, Is.True);
        }
    }

    [Test, Property("Spec", "DT-1")]
    public async Task SNI_names_the_domain_that_is_wanted_and_ALPN_the_protocol(
        [Values("there.example", "münchen.example", "192.0.2.1", "[2001:db8::1]")] string domain, [Values] bool direct)
    {
        string sni = domain switch { "there.example" => domain, "münchen.example" => "xn--mnchen-3ya.example", _ => "" };
        var pipes = new PipePair();
        using CertificateStore store = peers.Store(For("here.example"));
        using ServerCertificateHolder theirs = new(For("there.example"));
        await using var server = new SslStream(new DuplexPipeStream(pipes.Server));
        Task<TlsTransport> connecting = TlsTransport.ConnectAsync(pipes.Client, new TlsTarget(domain, "here.example", direct), store, trust, default).AsTask();
        // As it is on the wire: SslStream would show the U-label of it.
        ReadResult hello = await pipes.Server.Input.ReadAsync();
        string clientHello = Encoding.Latin1.GetString(hello.Buffer);
        pipes.Server.Input.AdvanceTo(hello.Buffer.Start);
        Task accepting = server.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = theirs.Certificate, ApplicationProtocols = [TlsPolicy.XmppServer, TlsPolicy.XmppClient] });
        await Task.WhenAll(accepting, connecting);
        await using TlsTransport client = await connecting;
        // RFC 6066 §3: the extension's name_type 0 and the name's length stand before the name.
        if (sni.Length > 0) Assert.That(clientHello, Does.Contain($"\0\0{(char)sni.Length}{sni}"));
        else Assert.That(clientHello, Does.Not.Contain("192.0.2.1").And.Not.Contain("2001:db8"));
        Assert.That(server.NegotiatedApplicationProtocol, Is.EqualTo(direct ? TlsPolicy.XmppServer : default));
        Assert.That(client.Peer!.Proves(domain), Is.EqualTo(domain == "there.example"));
    }

    [Test, Property("Spec", "DT-1")]
    public async Task Direct_TLS_of_servers_takes_their_protocol_or_none()
    {
        foreach (List<SslApplicationProtocol>? protocols in new[] { null, new List<SslApplicationProtocol> { TlsPolicy.XmppServer } })
        {
            (TlsTransport server, SslStream client) = await AcceptAsync(trust, new SslClientAuthenticationOptions { TargetHost = "there.example", ApplicationProtocols = protocols }, direct: true);
            await using (server)
            await using (client)
                Assert.That(client.NegotiatedApplicationProtocol, Is.EqualTo(protocols?[0] ?? default));
        }
        Assert.That(
            async () => await AcceptAsync(trust, new SslClientAuthenticationOptions { TargetHost = "there.example", ApplicationProtocols = [TlsPolicy.XmppClient] }, direct: true),
            Throws.InstanceOf<AuthenticationException>().Or.InstanceOf<IOException>());
    }

    [Test]
    public async Task Each_handshake_shows_all_certificates_anew()
    {
        // A resumed session would not bring the intermediates along.
        using CertificateAuthority below = authority.Below("Intermediate", peers.Time.GetUtcNow());
        var wish = new LeafWish { Now = peers.Time.GetUtcNow(), Dns = ["here.example", "there.example"] };
        (string Chain, string Key) shown = below.Issue(wish);
        using CertificateStore store = peers.Store(shown);
        for (int time = 0; time < 3; time++)
        {
            var pipes = new PipePair();
            Task<TlsTransport> accepting = TlsTransport.AcceptAsync(pipes.Server, store, "there.example", trust, default).AsTask();
            await using TlsTransport client = await TlsTransport.ConnectAsync(pipes.Client, new TlsTarget("there.example", "here.example", false), store, trust, default);
            await using TlsTransport server = await accepting;
            Assert.That(client.Peer!.Problem("there.example"), Is.Null);
            Assert.That(server.Peer!.Problem("here.example"), Is.Null);
        }
    }

    [Test]
    public async Task A_peer_that_talks_something_else_is_an_error_and_not_a_hang()
    {
        var pipes = new PipePair();
        using CertificateStore store = peers.Store(For("here.example"));
        ValueTask<TlsTransport> connecting = TlsTransport.ConnectAsync(pipes.Client, new TlsTarget("there.example", "here.example", false), store, trust, default);
        await pipes.Server.Output.WriteAsync(Encoding.ASCII.GetBytes("<stream:error/></stream:stream>"));
        Assert.That(async () => await connecting, Throws.InstanceOf<AuthenticationException>().Or.InstanceOf<IOException>());
    }

    private async Task<(TlsTransport Server, SslStream Client)> AcceptAsync(PeerTrust? by, SslClientAuthenticationOptions options, bool direct = false)
    {
        var pipes = new PipePair();
        using CertificateStore store = peers.Store(For("there.example"));
        options.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority.Trusted[0] }, RevocationMode = X509RevocationMode.NoCheck, VerificationTimeIgnored = false, VerificationTime = peers.Time.GetUtcNow().UtcDateTime };
        var client = new SslStream(new DuplexPipeStream(pipes.Client));
        Task<TlsTransport> accepting = TlsTransport.AcceptAsync(pipes.Server, store, direct ? null : "there.example", by, default).AsTask();
        try
        {
            await client.AuthenticateAsClientAsync(options);
        }
        catch
        {
            pipes.HangUp();
            Assert.That(async () => await accepting, Throws.InstanceOf<AuthenticationException>().Or.InstanceOf<IOException>());
            throw;
        }
        return (await accepting, client);
    }

    /// <summary>A certificate with its key, as a bare SslStream takes it.</summary>
    private sealed class ServerCertificateHolder((string Chain, string Key) pem) : IDisposable
    {
        public X509Certificate2 Certificate { get; } =
            X509Certificate2.CreateFromPem(pem.Chain, pem.Key);

        public void Dispose() => Certificate.Dispose();
    }
}
