using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>
/// What the certificate that another server showed is worth. Judged once, when the handshake is done; after that only the clock can change it.
/// Nothing is asked of the network for it.
/// </summary>
internal sealed class PeerCertificate
{
    private const string AnyUse = "2.5.29.37.0", ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int PrintableLength = 200;
    private readonly PeerTrust trust;
    private readonly PeerNames? names;
    private readonly CertificateFlaw? flaw;

    /// <param name="shown">The certificate, and what came with it; not kept.</param>
    /// <param name="trust">Whom we believe.</param>
    /// <param name="isClient">True when the other server connected to us, and so acts as TLS client.</param>
    public PeerCertificate(PeerShown shown, PeerTrust trust, bool isClient)
    {
        this.trust = trust;
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(shown.Leaf.Span);
        var sent = new X509Certificate2Collection();
        foreach (ReadOnlyMemory<byte> other in shown.Others) sent.Add(X509CertificateLoader.LoadCertificate(other.Span));
        X509Chain chain = trust.Build(leaf, sent, out bool isTrusted);
        try
        {
            names = PeerNames.Of(leaf);
            NotAfter = leaf.NotAfter.ToUniversalTime();
            if (isTrusted)
                foreach (X509ChainElement element in chain.ChainElements)
                    if (element.Certificate.NotAfter.ToUniversalTime() is var end && end < NotAfter) NotAfter = end;
            flaw = isTrusted ? FlawOfUse(chain, isClient) : FlawOf(leaf, chain);
        }
        finally
        {
            Dispose(chain);
            foreach (X509Certificate2 other in sent) other.Dispose();
        }
    }

    /// <summary>When it, or an authority's on the way to the root, ends; what was proven by it holds no longer (RFC 6120 §13.7.2.3).</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>True when it proves that the other side speaks for <paramref name="domain"/>, as in <see cref="PresenceXml.Protocol.Jid.Domain"/> (RFC 6120 §13.7.2).</summary>
    public bool Proves(string domain) => Flaw(domain) is null;

    /// <summary>Why it does not prove <paramref name="domain"/>: a sentence for people, without its full stop, with "the certificate" as its subject left out. Null when it does.</summary>
    public string? Problem(string domain) => Flaw(domain)?.Problem;

    /// <summary>The same with what can be done about it. Null when it proves the domain.</summary>
    public CertificateFlaw? Flaw(string domain) =>
        flaw is not null ? flaw
        : trust.Now > NotAfter ? new CertificateFlaw(Expired(NotAfter), CertificateFlaw.Renew)
        : names is null ? new CertificateFlaw("names its domains in a way that cannot be read", CertificateFlaw.Name(domain))
        : names.Include(domain) ? null
        : new CertificateFlaw($"is for other names: {names}", CertificateFlaw.Name(domain));

    /// <summary>What a peer wrote, fit for a log: no control characters, not too long.</summary>
    internal static string Printable(string text) => PeerText.Printable(text, PrintableLength);

    internal static void Dispose(X509Chain chain)
    {
        foreach (X509ChainElement element in chain.ChainElements) element.Certificate.Dispose();
        chain.Dispose();
    }

    private CertificateFlaw FlawOf(X509Certificate2 leaf, X509Chain chain)
    {
        DateTimeOffset now = trust.Now;
        // Dates first: that is what people can mend, and mostly what it is.
        foreach (X509Certificate2 certificate in chain.ChainElements.Select(element => element.Certificate))
        {
            string whose = certificate.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span) ? "" : $"comes from an authority, {Printable(certificate.Subject)}, whose own certificate ";
            if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime) return new CertificateFlaw(whose + Expired(certificate.NotAfter.ToUniversalTime()), CertificateFlaw.Renew);
            if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
                return new CertificateFlaw(whose + string.Create(CultureInfo.InvariantCulture, $"is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} on only"), CertificateFlaw.Clock);
        }
        if (leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData) && chain.ChainElements.Count <= 1) return new CertificateFlaw("is self-signed", CertificateFlaw.Authority);
        if (PeerTrust.IsUnknown(chain))
        {
            X509Certificate2 last = chain.ChainElements.Count > 0 ? chain.ChainElements[^1].Certificate : leaf;
            return chain.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.PartialChain)
                ? new CertificateFlaw($"comes from an authority that is unknown here, or an intermediate certificate was not sent: {Printable(last.Issuer)}", CertificateFlaw.Chain)
                : new CertificateFlaw($"comes from an authority that is unknown here: {Printable(last.Issuer)}", CertificateFlaw.Authority);
        }
        return new CertificateFlaw($"is not valid: {string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct())}", CertificateFlaw.Reissue);
    }

    /// <summary>
    /// What a valid chain may not be used for. Many authorities certify servers for the use as TLS server only, and these show the same
    /// certificate when they connect; that is taken (XEP-0178 1.2 asks for no more). What is made for mail or code is not.
    /// </summary>
    private static CertificateFlaw? FlawOfUse(X509Chain chain, bool isClient)
    {
        // The root is believed for what it is, not for what it says of itself.
        foreach (X509Certificate2 certificate in chain.ChainElements.Select(element => element.Certificate).SkipLast(chain.ChainElements.Count > 1 ? 1 : 0))
        {
            if (certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } uses
                && !uses.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Any(use => use.Value is AnyUse or ServerUse || (isClient && use.Value is ClientUse)))
                return new CertificateFlaw("may not be used by servers", CertificateFlaw.Reissue);
            if (certificate.SignatureAlgorithm.Value is "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.2.840.10040.4.3" && !IsSelfIssued(certificate))
                return new CertificateFlaw("is signed with a broken hash (MD5 or SHA-1)", CertificateFlaw.Reissue);
        }
        return null;
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static string Expired(DateTimeOffset end) => string.Create(CultureInfo.InvariantCulture, $"expired on {end:yyyy-MM-dd}");
}
