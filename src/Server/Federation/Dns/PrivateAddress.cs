using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>
/// Addresses that mean this machine, this network, or nobody in particular (the IANA registries of special-purpose addresses, RFC 6890). The DNS of a
/// stranger must not lead us there: he would have us look at, and talk to, what he cannot reach himself.
/// </summary>
internal static class PrivateAddress
{
    private const int EmbeddedAt = 12;

    // RFC 6052 §2.1, RFC 8215, RFC 3056: IPv6 addresses that stand for an IPv4 address.
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork TranslatedHere = IPNetwork.Parse("64:ff9b:1::/48");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    private static readonly IPNetwork[] Special =
    [
        IPNetwork.Parse("0.0.0.0/8"),        // this host, on this network
        IPNetwork.Parse("10.0.0.0/8"),       // RFC 1918
        IPNetwork.Parse("100.64.0.0/10"),    // behind a provider's NAT, RFC 6598
        IPNetwork.Parse("127.0.0.0/8"),      // loopback
        IPNetwork.Parse("169.254.0.0/16"),   // link-local; where clouds tell machines their keys
        IPNetwork.Parse("172.16.0.0/12"),    // RFC 1918
        IPNetwork.Parse("192.0.0.0/24"),     // protocol assignments, RFC 6890
        IPNetwork.Parse("192.168.0.0/16"),   // RFC 1918
        IPNetwork.Parse("198.18.0.0/15"),    // laboratories, RFC 2544
        IPNetwork.Parse("224.0.0.0/3"),      // multicast, reserved, broadcast
        IPNetwork.Parse("::/96"),            // unspecified, loopback, and addresses of IPv4 as they were once written
        IPNetwork.Parse("fc00::/7"),         // unique local, RFC 4193
        IPNetwork.Parse("fe80::/9"),         // link-local, and what was site-local
        IPNetwork.Parse("ff00::/8"),         // multicast
        TranslatedHere,
    ];

    /// <summary>True for an address that only means something here.</summary>
    public static bool Includes(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (Array.Exists(Special, network => network.Contains(address))) return true;
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return false;
        if (Translated.Contains(address)) return Includes(Embedded(address, EmbeddedAt));
        return SixToFour.Contains(address) && Includes(Embedded(address, 2));
    }

    private static IPAddress Embedded(IPAddress address, int at)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        return new IPAddress(octets.Slice(at, 4));
    }
}
