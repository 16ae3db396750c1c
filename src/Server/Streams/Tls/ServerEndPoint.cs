using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>
/// The channel binding <c>tls-server-end-point</c> (RFC 5929 §4.1): the hash of the server's certificate, by the hash function of
/// its signature algorithm, or SHA-256 where that is MD5 or SHA-1.
/// </summary>
internal static class ServerEndPoint
{
    /// <summary>The hash; null where the signature algorithm uses no hash function, or several, or one that is not here (RFC 5929 §4.1: undefined).</summary>
    public static byte[]? Hash(X509Certificate2 certificate)
    {
        ReadOnlySpan<byte> encoded = certificate.RawDataMemory.Span;
        return HashOf(certificate.SignatureAlgorithm.Value, certificate) switch
        {
            "SHA256" => SHA256.HashData(encoded),
            "SHA384" => SHA384.HashData(encoded),
            "SHA512" => SHA512.HashData(encoded),
            _ => null,
        };
    }

    private static string? HashOf(string? signatureAlgorithm, X509Certificate2 certificate) => signatureAlgorithm switch
    {
        "1.2.840.113549.1.1.4" => "SHA256",       // md5WithRSAEncryption
        "1.2.840.113549.1.1.5" => "SHA256",       // sha1WithRSAEncryption
        "1.2.840.113549.1.1.11" => "SHA256",      // sha256WithRSAEncryption
        "1.2.840.113549.1.1.12" => "SHA384",
        "1.2.840.113549.1.1.13" => "SHA512",
        "1.2.840.113549.1.1.10" => HashOfPss(certificate),
        "1.2.840.10045.4.1" => "SHA256",          // ecdsa-with-SHA1
        "1.2.840.10045.4.3.2" => "SHA256",
        "1.2.840.10045.4.3.3" => "SHA384",
        "1.2.840.10045.4.3.4" => "SHA512",
        "1.2.840.10040.4.3" => "SHA256",          // dsa-with-SHA1
        "2.16.840.1.101.3.4.3.2" => "SHA256",     // dsa-with-SHA256
        _ => null,
    };

    /// <summary>RFC 4055 §3.1: RSASSA-PSS names its hash in the parameters; absent means SHA-1.</summary>
    private static string? HashOfPss(X509Certificate2 certificate)
    {
        AsnReader outer = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        outer.ReadEncodedValue();   // tbsCertificate
        AsnReader algorithm = outer.ReadSequence();
        algorithm.ReadObjectIdentifier();
        if (!algorithm.HasData) return "SHA256";
        AsnReader parameters = algorithm.ReadSequence();
        var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (!parameters.HasData || parameters.PeekTag() != hashTag) return "SHA256";
        return parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier() switch
        {
            "1.3.14.3.2.26" => "SHA256",
            "2.16.840.1.101.3.4.2.1" => "SHA256",
            "2.16.840.1.101.3.4.2.2" => "SHA384",
            "2.16.840.1.101.3.4.2.3" => "SHA512",
            _ => null,
        };
    }
}
