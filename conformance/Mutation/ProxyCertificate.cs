using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Conformance.Mutation;

/// <summary>The certificate that the proxy shows to the actors.</summary>
internal static class ProxyCertificate
{
    /// <summary>The server's own, so that a binding to it (tls-server-end-point) holds on both sides of the proxy.</summary>
    public static SslStreamCertificateContext Load(string certificate, string key) => Context(X509Certificate2.CreateFromPemFile(certificate, key));

    /// <summary>One of its own, for a server that does not give its key away. Plays that bind to the certificate fail with it.</summary>
    public static SslStreamCertificateContext Create(string domain)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={domain}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return Context(request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)));
    }

    private static SslStreamCertificateContext Context(X509Certificate2 certificate) =>
        SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
}
