namespace PresenceXml.Server.Federation.Dns;

/// <summary>CNAME: whatever is asked of the owner is asked of the target (RFC 1035 §3.3.1).</summary>
internal sealed record AliasRecord(DnsName Owner, int Lifetime, DnsName Target) : DnsRecord(Owner, Lifetime);
