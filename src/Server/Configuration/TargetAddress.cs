using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Configuration;

/// <summary>A value of <c>dns.overrides</c>.</summary>
/// <param name="Host">A host's name or address; IPv6 without brackets.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="IsDirectTls">TLS from the first byte (XEP-0368).</param>
public sealed record TargetAddress(string Host, int Port, bool IsDirectTls)
{
    public const string Expected = "\"host:port\" or \"tls:host:port\", the host a name, 192.0.2.1 or [2001:db8::1]";

    private const string DirectTls = "tls:";
    private const int ServerPort = 5269;
    private const int ServerTlsPort = 5270;

    /// <summary>Reads a value; false when it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TargetAddress? target)
    {
        target = null;
        bool isDirect = text.StartsWith(DirectTls, StringComparison.OrdinalIgnoreCase);
        string rest = isDirect ? text[DirectTls.Length..] : text;
        int port = isDirect ? ServerTlsPort : ServerPort;
        int bracket = rest.StartsWith('[') ? rest.IndexOf(']') : -1;
        int colon = rest.IndexOf(':', bracket + 1);
        if (colon >= 0)
        {
            if (!ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort named) || named == 0) return false;
            port = named;
            rest = rest[..colon];
        }
        if (bracket >= 0)
        {
            if (bracket != rest.Length - 1 || !IPAddress.TryParse(rest.AsSpan(1, bracket - 1), out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetworkV6) return false;
            target = new TargetAddress(address.ToString(), port, isDirect);
            return true;
        }
        if (!JidPreparation.TryDomain(rest, out string? host)) return false;
        target = new TargetAddress(host, port, isDirect);
        return true;
    }

    /// <summary>Reads a value that was validated at start.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static TargetAddress Parse(string text) => TryParse(text, out TargetAddress? target) ? target : throw new FormatException($"\"{text}\": expected {Expected}");
}
