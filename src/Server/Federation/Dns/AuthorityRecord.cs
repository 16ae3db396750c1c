namespace PresenceXml.Server.Federation.Dns;

/// <summary>SOA, of which only matters how long a "no" may be kept (RFC 2308 §4).</summary>
/// <param name="Owner">The zone.</param>
/// <param name="Lifetime">How long the record may be kept, in seconds.</param>
/// <param name="Minimum">Its last field, in seconds.</param>
internal sealed record AuthorityRecord(DnsName Owner, int Lifetime, int Minimum) : DnsRecord(Owner, Lifetime);
