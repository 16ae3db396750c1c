using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Federation.Tests.Network;

/// <summary>A certificate authority of one test: its root lies in <see cref="RootFile"/>, what it issues in PEM files beside it.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly string folder;
    private readonly X509Certificate2 root;
    private readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();

    public TestAuthority(string folder)
    {
        this.folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        root = request.CreateSelfSigned(now.AddDays(-800), now.AddDays(30));
        File.WriteAllText(RootFile, root.ExportCertificatePem());
    }

    public string RootFile => Path.Combine(folder, "authority.pem");

    /// <summary>A certificate of this kind for the domain, with its key.</summary>
    public X509Certificate2 Issue(string domain, CertificateKind kind)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string name = kind == CertificateKind.WrongName ? $"not-{domain}" : domain;
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // serverAuth and clientAuth: a server is the client of those it opens streams to.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (kind == CertificateKind.SelfSigned) return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(20));
        DateTimeOffset until = kind == CertificateKind.Expired ? now.AddDays(-1) : now.AddDays(20);
        using X509Certificate2 issued = request.Create(root, now.AddDays(-20), until, RandomNumberGenerator.GetBytes(12));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>The same as PEM files: the certificate with its root, the key, and both in one.</summary>
    public (string Certificate, string Key, string Both) IssueFiles(string domain, CertificateKind kind)
    {
        using X509Certificate2 certificate = Issue(domain, kind);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        string chain = certificate.ExportCertificatePem() + "\n" + (kind == CertificateKind.SelfSigned ? "" : root.ExportCertificatePem() + "\n");
        string secret = key.ExportPkcs8PrivateKeyPem() + "\n";
        string path = Path.Combine(folder, $"{domain}-{kind}");
        (string Certificate, string Key, string Both) files = (path + ".crt", path + ".key", path + ".pem");
        File.WriteAllText(files.Certificate, chain);
        File.WriteAllText(files.Key, secret);
        File.WriteAllText(files.Both, chain + secret);
        return files;
    }

    public void Dispose() => root.Dispose();
}
