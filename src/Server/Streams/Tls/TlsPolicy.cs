using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>What every TLS connection of ours has in common (RFC 7590, RFC 9325).</summary>
internal static class TlsPolicy
{
    /// <summary>XEP-0368: the ALPN protocol of direct TLS from a client.</summary>
    public static readonly SslApplicationProtocol XmppClient = new(Encoding.ASCII.GetBytes("xmpp-client"));

    /// <summary>XEP-0368: the ALPN protocol of direct TLS from a server.</summary>
    public static readonly SslApplicationProtocol XmppServer = new(Encoding.ASCII.GetBytes("xmpp-server"));

    private const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;   // RFC 9325 §3.1.1; OpenSSL has neither compression nor SSL 3 then

    /// <summary>The options for one handshake with a client.</summary>
    /// <param name="certificate">The certificate to show.</param>
    /// <param name="direct">True for direct TLS: a client that offers protocols must offer ours. With STARTTLS the protocol is settled.</param>
    public static SslServerAuthenticationOptions ForClients(ServerCertificate certificate, bool direct) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = Versions,
        AllowRenegotiation = false,   // RFC 9325 §3.5
        AllowTlsResume = true,
        ClientCertificateRequired = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        ApplicationProtocols = direct ? [XmppClient] : null,
    };

    /// <summary>The options for one handshake with a server that connects to us. It is asked for a certificate and may have none (XEP-0178, RFC 6120 §13.7.2.2).</summary>
    /// <param name="certificate">The certificate to show.</param>
    /// <param name="direct">As in <see cref="ForClients"/>.</param>
    /// <param name="record">Takes what the other side shows.</param>
    public static SslServerAuthenticationOptions ForServers(ServerCertificate certificate, bool direct, Action<PeerShown?> record) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = Versions,
        AllowRenegotiation = false,
        AllowTlsResume = false,       // a resumed session does not show its certificates again; streams between servers last, so little is lost
        ClientCertificateRequired = true,   // SslStream's word for a request; the callback also takes none
        RemoteCertificateValidationCallback = Recording(record),
        CertificateChainPolicy = NoChain(),
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        ApplicationProtocols = direct ? [XmppServer] : null,
    };

    /// <summary>The options for one handshake with a server that we connect to.</summary>
    /// <param name="target">Whom with.</param>
    /// <param name="own">The certificate to show when it asks for one.</param>
    /// <param name="record">Takes what the other side shows.</param>
    public static SslClientAuthenticationOptions ToServer(TlsTarget target, ServerCertificate own, Action<PeerShown?> record) => new()
    {
        TargetHost = DnsName.Of(target.Remote) ?? "",   // RFC 6066 §3: SNI is for DNS names only
        ClientCertificateContext = own.Context,
        EnabledSslProtocols = Versions,
        AllowRenegotiation = false,
        AllowTlsResume = false,       // as above
        RemoteCertificateValidationCallback = Recording(record),
        CertificateChainPolicy = NoChain(),
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        ApplicationProtocols = target.IsDirect ? [XmppServer] : null,
    };

    /// <summary>TLS rejects nobody: what a certificate proves, and whether that is needed, is known only where the domain and its policy are (XEP-0220 §2).</summary>
#pragma warning disable CA5359 // PeerCertificate validates.
    private static RemoteCertificateValidationCallback Recording(Action<PeerShown?> record) => (_, certificate, chain, _) =>
    {
        record(PeerShown.Of(certificate, chain));
        return true;
    };
#pragma warning restore CA5359

    /// <summary>The chain that TLS builds by itself is not used; it shall ask nobody on the network for it.</summary>
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
