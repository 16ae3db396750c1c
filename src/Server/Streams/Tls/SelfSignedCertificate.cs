using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>
/// The certificate of a server that was given none: ECDSA P-256, signed by itself, kept in the data directory so that a client
/// that has once accepted it meets the same one again. A new one is made when the domains change or it is about to expire.
/// </summary>
internal static class SelfSignedCertificate
{
    // Ten years: nobody vouches for it, so people trust its fingerprint, and a new one costs each of them a warning.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    /// <summary>How long before its end a new one is made.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>The names of the two files.</summary>
    public const string ChainFile = "self-signed.crt", KeyFile = "self-signed.key";

    /// <summary>Loads the certificate from <paramref name="directory"/>, or makes it.</summary>
    public static ServerCertificate LoadOrCreate(string directory, IReadOnlyList<string> domains, DateTimeOffset now)
    {
        string chainFile = Path.Combine(directory, ChainFile), keyFile = Path.Combine(directory, KeyFile);
        if (File.Exists(chainFile) && File.Exists(keyFile))
        {
            try
            {
                ServerCertificate kept = ServerCertificate.Load(chainFile, keyFile);
                if (kept.NotAfter - now > RenewBefore && DnsNames(domains).All(kept.Covers)) return kept;
            }
            catch (CryptographicException)
            {
                // A crash between the two writes leaves a pair that does not fit: it is made anew below.
            }
        }
        (string chain, string key) = Create(domains, now);
        Directory.CreateDirectory(directory);
        WriteOwnerOnly(keyFile, key);
        WriteOwnerOnly(chainFile, chain);
        return ServerCertificate.Create(chain, key);
    }

    private static (string Chain, string Key) Create(IReadOnlyList<string> domains, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(domains[0].Length <= 64 ? domains[0] : "xmpp");   // RFC 5280 A.1: ub-common-name
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(Names(domains));
        // A day back, for clients whose clock is slow.
        using X509Certificate2 certificate = request.CreateSelfSigned(now - TimeSpan.FromDays(1), now + Lifetime);
        return (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>RFC 6120 §13.7.1.2: the domain as DNS-ID, and as the XmppAddr that holds what DNS cannot; an IP literal as such.</summary>
    private static X509SubjectAlternativeNameExtension Names(IReadOnlyList<string> domains)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string domain in domains)
            {
                if (IPAddress.TryParse(domain.AsSpan().Trim("[]"), out IPAddress? address))
                    writer.WriteOctetString(address.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
                if (DnsName.Of(domain) is string dns)
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, dns, new Asn1Tag(TagClass.ContextSpecific, 2));
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))   // otherName
                {
                    writer.WriteObjectIdentifier("1.3.6.1.5.5.7.8.5");                  // id-on-xmppAddr
                    using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                        writer.WriteCharacterString(UniversalTagNumber.UTF8String, domain);
                }
            }
        }
        return new X509SubjectAlternativeNameExtension(writer.Encode());
    }

    private static IEnumerable<string> DnsNames(IReadOnlyList<string> domains) => domains.Select(DnsName.Of).OfType<string>();

    /// <summary>Writes a file that nobody else may read, whole or not at all.</summary>
    private static void WriteOwnerOnly(string file, string text)
    {
        string draft = file + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(draft, file, overwrite: true);
    }
}
