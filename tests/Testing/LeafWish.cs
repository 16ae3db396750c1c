using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Testing;

/// <summary>What a certificate of a <see cref="CertificateAuthority"/> shall say.</summary>
public sealed record LeafWish
{
    /// <summary>What the days are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    public int FromDays { get; init; } = -1;
    public int ToDays { get; init; } = 90;
    public string CommonName { get; init; } = "test";

    /// <summary>dNSName; a wildcard too.</summary>
    public IReadOnlyList<string> Dns { get; init; } = [];

    /// <summary>SRVName (RFC 4985), such as <c>_xmpp-server.example.org</c>.</summary>
    public IReadOnlyList<string> Service { get; init; } = [];

    /// <summary>id-on-xmppAddr (RFC 6120 §13.7.1.4).</summary>
    public IReadOnlyList<string> XmppAddr { get; init; } = [];

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The only extended key usage; null: none is named.</summary>
    public string? Use { get; init; }

    /// <summary>True to leave the intermediates out of the chain.</summary>
    public bool IsAlone { get; init; }

    internal X509Extension? AlternativeNames()
    {
        if (Dns.Count + Service.Count + XmppAddr.Count + Addresses.Count == 0) return null;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string name in Dns) writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
            foreach (string name in Service) WriteOther(writer, "1.3.6.1.5.5.7.8.7", UniversalTagNumber.IA5String, name);
            foreach (string name in XmppAddr) WriteOther(writer, "1.3.6.1.5.5.7.8.5", UniversalTagNumber.UTF8String, name);
            foreach (IPAddress address in Addresses) writer.WriteOctetString(address.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
        }
        return new X509SubjectAlternativeNameExtension(writer.Encode());
    }

    private static void WriteOther(AsnWriter writer, string kind, UniversalTagNumber type, string value)
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            writer.WriteObjectIdentifier(kind);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                writer.WriteCharacterString(type, value);
        }
    }
}
