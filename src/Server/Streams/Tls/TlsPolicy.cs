using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>What every TLS connection of ours has in common (RFC 7590, RFC 9325).</summary>
internal static class TlsPolicy
{
    /// <summary>XEP-0368: the ALPN protocol of direct TLS from a client.</summary>
    public static readonly SslApplicationProtocol XmppClient = new(Encoding.ASCII.GetBytes("xmpp-client"));

    /// <summary>The options for one handshake.</summary>
    /// <param name="certificate">The certificate to show.</param>
    /// <param name="direct">True for direct TLS: a client that offers protocols must offer ours. With STARTTLS the protocol is settled.</param>
    public static SslServerAuthenticationOptions ForClients(ServerCertificate certificate, bool direct) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,   // RFC 9325 §3.1.1; OpenSSL has neither compression nor SSL 3 then
        AllowRenegotiation = false,                                       // RFC 9325 §3.5
        AllowTlsResume = true,
        ClientCertificateRequired = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        ApplicationProtocols = direct ? [XmppClient] : null,
    };
}
