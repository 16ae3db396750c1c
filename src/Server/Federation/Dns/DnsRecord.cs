namespace PresenceXml.Server.Federation.Dns;

/// <summary>One record of an answer.</summary>
/// <param name="Owner">The name that has it.</param>
/// <param name="Lifetime">How long it may be kept, in seconds (TTL).</param>
internal abstract record DnsRecord(DnsName Owner, int Lifetime);
