using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace PresenceXml.Server.Configuration;

/// <summary>The values of <c>listen</c>.</summary>
public static class ListenAddress
{
    public const string Expected = "an address and a port such as \"[::]:5222\" (every address, IPv4 too), \"127.0.0.1:5222\" or \"[::1]:5222\"";

    /// <summary>
    /// Reads <c>address:port</c>; IPv6 in brackets; <c>*</c> and <c>[::]</c> mean every address of both families (<see cref="IPAddress.IPv6Any"/>,
    /// IPv4 alone where there is no IPv6). Port 0: one that is free.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? address)
    {
        address = null;
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ushort port)) return false;
        string host = text[..colon];
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (host == "*") address = new IPEndPoint(IPAddress.IPv6Any, port);
        else if (IPAddress.TryParse(bracketed ? host[1..^1] : host, out IPAddress? ip) && bracketed == (ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)) address = new IPEndPoint(ip, port);
        return address is not null;
    }

    /// <summary>Reads a value that was validated at start.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static IPEndPoint Parse(string text) => TryParse(text, out IPEndPoint? address) ? address : throw new FormatException($"\"{text}\": expected {Expected}");
}
