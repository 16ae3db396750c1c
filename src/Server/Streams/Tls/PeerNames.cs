using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>
/// The names in another server's certificate (RFC 6120 §13.7.1.2), and whether a domain is one of them (RFC 9525 §6). Only what stands in
/// subjectAltName counts: the common name never does.
/// </summary>
internal sealed class PeerNames
{
    // More than any certificate in use has, so that one peer cannot make each comparison dear.
    private const int MaxNames = 1000;
    private const string SubjectAlternativeName = "2.5.29.17", XmppAddr = "1.3.6.1.5.5.7.8.5", DnsSrv = "1.3.6.1.5.5.7.8.7";
    private const string Service = "_xmpp-server.";
    private static readonly Asn1Tag OtherName = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Explicit = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Dns = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Ip = new(TagClass.ContextSpecific, 7);
    private readonly List<string> dns = [];
    private readonly List<string> xmpp = [];
    private readonly List<IPAddress> addresses = [];
    private int count;

    private PeerNames() { }

    /// <summary>Reads them; null when they cannot be read.</summary>
    public static PeerNames? Of(X509Certificate2 certificate)
    {
        var names = new PeerNames();
        try
        {
            foreach (X509Extension extension in certificate.Extensions)
                if (extension.Oid?.Value == SubjectAlternativeName) names.Read(new AsnReader(extension.RawData, AsnEncodingRules.DER));
            return names;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>True when one of them is <paramref name="domain"/>, as in <see cref="Jid.Domain"/>.</summary>
    public bool Include(string domain)
    {
        if (IPAddress.TryParse(domain.AsSpan().Trim("[]"), out IPAddress? address)) return addresses.Contains(address) || xmpp.Contains(domain);
        string? wanted = DnsName.Of(domain);
        return (wanted is not null && dns.Exists(name => Matches(name, wanted))) || xmpp.Exists(name => name == domain || (wanted is not null && DnsName.Of(name) == wanted));
    }

    /// <summary>Some of them, for people.</summary>
    public override string ToString()
    {
        string[] all = [.. dns.Concat(xmpp).Concat(addresses.Select(address => address.ToString())).Distinct()];
        return all.Length == 0 ? "none" : string.Join(", ", all.Take(5).Select(PeerCertificate.Printable)) + (all.Length > 5 ? ", …" : "");
    }

    /// <summary>RFC 9525 §6.3: a wildcard is the whole left-most label and stands for exactly one.</summary>
    private static bool Matches(string presented, string wanted)
    {
        if (presented.Equals(wanted, StringComparison.OrdinalIgnoreCase)) return true;
        return presented.StartsWith("*.", StringComparison.Ordinal) && wanted.IndexOf('.') is > 0 and int dot
            && wanted.AsSpan(dot).Equals(presented.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }

    private void Read(AsnReader extension)
    {
        AsnReader reader = extension.ReadSequence();
        while (reader.HasData)
        {
            if (++count > MaxNames) throw new AsnContentException();
            Asn1Tag tag = reader.PeekTag();
            if (tag == Dns) dns.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, Dns));
            else if (tag == Ip) ReadAddress(reader.ReadOctetString(Ip));
            else if (tag == OtherName) ReadOther(reader.ReadSequence(OtherName));
            else reader.ReadEncodedValue();
        }
    }

    private void ReadAddress(byte[] octets)
    {
        if (octets.Length is 4 or 16) addresses.Add(new IPAddress(octets));
    }

    private void ReadOther(AsnReader other)
    {
        switch (other.ReadObjectIdentifier())
        {
            case DnsSrv:
                string service = other.ReadSequence(Explicit).ReadCharacterString(UniversalTagNumber.IA5String);
                // RFC 4985 §2: the service's name, then the domain. One for another service says nothing here.
                if (service.StartsWith(Service, StringComparison.OrdinalIgnoreCase)) dns.Add(service[Service.Length..]);
                break;
            case XmppAddr:
                string address = other.ReadSequence(Explicit).ReadCharacterString(UniversalTagNumber.UTF8String);
                // An account's certificate is not its server's.
                if (Jid.TryParse(address, out Jid? jid) && jid is { HasLocal: false, IsFull: false }) xmpp.Add(jid.Domain);
                break;
        }
    }
}
