using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Server.Configuration;

/// <summary>The values of <c>dns.servers</c>.</summary>
public static class NameserverAddress
{
    public const string Expected = "an address with or without a port such as \"192.0.2.53\", \"127.0.0.1:5353\" or \"[::1]:53\"";

    private const int Port = 53;

    /// <summary>Reads <c>address</c> or <c>address:port</c>, port 53 when there is none; with a port IPv6 is in brackets.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? server)
    {
        server = null;
        // "::1:53" is an address, and so is "1": what has no dots or colons was not meant as one.
        if (text.AsSpan().ContainsAny('.', ':') && !text.StartsWith('[') && IPAddress.TryParse(text, out IPAddress? address)) server = new IPEndPoint(address, Port);
        else if (text.StartsWith('[') && text.EndsWith(']') && IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out address) && address.AddressFamily == AddressFamily.InterNetworkV6) server = new IPEndPoint(address, Port);
        else if (ListenAddress.TryParse(text, out IPEndPoint? named) && named.Port != 0 && !text.StartsWith('*')) server = named;
        return server is not null;
    }

    /// <summary>Reads a value that was validated at start.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static IPEndPoint Parse(string text) => TryParse(text, out IPEndPoint? server) ? server : throw new FormatException($"\"{text}\": expected {Expected}");
}
