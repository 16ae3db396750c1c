using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Names that mean something by themselves and are never asked for (RFC 6761, RFC 7686).</summary>
internal static class SpecialNames
{
    private static readonly IPAddress[] Loopback = [IPAddress.IPv6Loopback, IPAddress.Loopback];

    /// <summary>True for a name the DNS knows nothing of.</summary>
    /// <param name="name">The name.</param>
    /// <param name="addresses">Those it has nevertheless: localhost has the loopback's (RFC 6761 §6.3).</param>
    public static bool TryFind(DnsName name, out IReadOnlyList<IPAddress> addresses)
    {
        bool isLocal = name.IsIn("localhost");
        addresses = isLocal ? Loopback : [];
        // RFC 6761 §6.4: never a name. RFC 7686 §2: asking would tell the DNS who is looked for, and it cannot know.
        return isLocal || name.IsIn("invalid") || name.IsIn("onion");
    }
}
