using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Testing;

/// <summary>An authority for tests, with a root, and below it an intermediate that signs (or more of them). Its keys live in memory only.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly CertificateAuthority? parent;
    private readonly X509Certificate2 certificate;

    /// <summary>Makes a root.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="now">It is valid from ten years before to ten years after.</param>
    public CertificateAuthority(string name, DateTimeOffset now) : this(name, null, now.AddYears(-10), now.AddYears(10), null) { }

    private CertificateAuthority(string name, CertificateAuthority? parent, DateTimeOffset from, DateTimeOffset to, string? use)
    {
        this.parent = parent;
        CertificateRequest request = Request(name, key, use);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        certificate = parent is null
            ? request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, to, Serial())
            : parent.Sign(request, from, to);
    }

    /// <summary>The certificate, in PEM; of a root what is to be trusted.</summary>
    public string Pem => certificate.ExportCertificatePem() + "\n";

    /// <summary>The root, to be trusted. The caller's own.</summary>
    public X509Certificate2Collection Trusted
    {
        get
        {
            CertificateAuthority root = this;
            while (root.parent is { } above) root = above;
            return [X509CertificateLoader.LoadCertificate(root.certificate.RawData)];
        }
    }

    /// <summary>An authority below this one.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="now">It is valid from a year before to <paramref name="days"/> days after.</param>
    /// <param name="days">May be negative.</param>
    /// <param name="use">The only extended key usage it may certify; null: any.</param>
    public CertificateAuthority Below(string name, DateTimeOffset now, int days = 1000, string? use = null) => new(name, this, now.AddYears(-1), now.AddDays(days), use);

    /// <summary>A certificate with its key, in PEM, the chain behind it up to but without the root.</summary>
    public (string Chain, string Key) Issue(LeafWish wish)
    {
        (X509Certificate2 leaf, ECDsa leafKey) = Make(wish, this);
        using (leaf)
        using (leafKey)
        {
            string chain = leaf.ExportCertificatePem() + "\n";
            if (!wish.IsAlone)
                for (CertificateAuthority? at = this; at?.parent is not null; at = at.parent) chain += at.Pem;
            return (chain, leafKey.ExportPkcs8PrivateKeyPem() + "\n");
        }
    }

    /// <summary>A certificate for which nobody but its own key vouches.</summary>
    public static (string Chain, string Key) SelfSigned(LeafWish wish)
    {
        (X509Certificate2 leaf, ECDsa leafKey) = Make(wish, null);
        using (leaf)
        using (leafKey)
            return (leaf.ExportCertificatePem() + "\n", leafKey.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static (X509Certificate2 Leaf, ECDsa Key) Make(LeafWish wish, CertificateAuthority? authority)
    {
        var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(wish.CommonName, leafKey, wish.Use);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        if (wish.AlternativeNames() is { } names) request.CertificateExtensions.Add(names);
        DateTimeOffset from = wish.Now.AddDays(wish.FromDays), to = wish.Now.AddDays(wish.ToDays);
        X509Certificate2 leaf = authority is null
            ? request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(leafKey), from, to, Serial())
            : authority.Sign(request, from, to);
        return (leaf, leafKey);
    }

    private static CertificateRequest Request(string name, ECDsa key, string? use)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (use is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset to) =>
        request.Create(certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, to, Serial());

    private static byte[] Serial() => [1, .. RandomNumberGenerator.GetBytes(8)];

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
