using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>A or AAAA: an address of a host (RFC 1035 §3.4.1, RFC 3596 §2.2).</summary>
internal sealed record AddressRecord(DnsName Owner, int Lifetime, IPAddress Address) : DnsRecord(Owner, Lifetime)
{
    public override string ToString() => Address.ToString();
}
