using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>Whom we believe who another server is. One for all connections; never changed.</summary>
/// <param name="trusted">Roots (or single certificates signed by themselves) that are believed beside the system's; never disposed.</param>
/// <param name="clock">The clock by which certificates begin and end.</param>
internal sealed class PeerTrust(X509Certificate2Collection trusted, TimeProvider clock)
{
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Builds the chain by the system's roots, or else by ours. The caller disposes what it gets.</summary>
    /// <param name="leaf">The certificate in question.</param>
    /// <param name="sent">What else the other side sent.</param>
    /// <param name="isTrusted">True when the chain is valid in all that does not concern names.</param>
    public X509Chain Build(X509Certificate2 leaf, X509Certificate2Collection sent, out bool isTrusted)
    {
        X509Chain chain = Chain(sent, X509ChainTrustMode.System);
        isTrusted = chain.Build(leaf);
        if (isTrusted || trusted.Count == 0) return chain;
        X509Chain own = Chain(sent, X509ChainTrustMode.CustomRootTrust);
        own.ChainPolicy.CustomTrustStore.AddRange(trusted);
        isTrusted = own.Build(leaf);
        // What is wrong is told by the one that knows the authority.
        if (!isTrusted && IsUnknown(own))
        {
            PeerCertificate.Dispose(own);
            return chain;
        }
        PeerCertificate.Dispose(chain);
        return own;
    }

    /// <summary>True when nobody we believe has signed the last of the chain.</summary>
    public static bool IsUnknown(X509Chain chain) =>
        chain.ChainStatus.Any(status => (status.Status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0);

    private X509Chain Chain(X509Certificate2Collection sent, X509ChainTrustMode mode)
    {
        var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = mode,
                // Who connects must not be able to make us ask any place he names: no lists, no OCSP, no certificates fetched by address.
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                VerificationTimeIgnored = false,
                VerificationTime = Now.UtcDateTime,
            },
        };
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        return chain;
    }
}
