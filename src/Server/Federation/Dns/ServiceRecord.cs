namespace PresenceXml.Server.Federation.Dns;

/// <summary>SRV: a host and port of a service (RFC 2782).</summary>
/// <param name="Owner">The service and the domain.</param>
/// <param name="Lifetime">How long it may be kept, in seconds.</param>
/// <param name="Priority">The lowest is tried first.</param>
/// <param name="Weight">The share among those of the same priority.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="Target">The host; the root when the service is not offered.</param>
internal sealed record ServiceRecord(DnsName Owner, int Lifetime, ushort Priority, ushort Weight, ushort Port, DnsName Target) : DnsRecord(Owner, Lifetime)
{
    /// <summary>As a zone file has it.</summary>
    public override string ToString() => $"{Priority} {Weight} {Port} {Target}";
}
