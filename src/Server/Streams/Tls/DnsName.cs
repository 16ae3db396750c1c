using System.Globalization;
using System.Net;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>Domains as certificates and SNI spell them.</summary>
internal static class DnsName
{
    // The managed Punycode of the library is the same with and without ICU for what is already canonical (RFC 7622 §3.2).
    private static readonly IdnMapping Idna = new() { AllowUnassigned = true };

    /// <summary>The A-label form of a canonical domain; null for an IP literal and for what no DNS name can be.</summary>
    public static string? Of(string domain)
    {
        if (IPAddress.TryParse(domain.AsSpan().Trim("[]"), out _)) return null;
        try
        {
            return Idna.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return null;   // a label too long for DNS, for example
        }
    }
}
