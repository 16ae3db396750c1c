using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Domains of addresses as the DNS has them.</summary>
internal static class DomainForm
{
    // Only encodes: the domain is canonical already. What it does with anything else is checked by reading the result again.
    private static readonly IdnMapping Idna = new() { AllowUnassigned = true };

    /// <summary>Reads an IPv4 address, or an IPv6 address with or without brackets (RFC 7622 §3.2).</summary>
    public static bool TryAddress(string domain, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        ReadOnlySpan<char> text = domain;
        if (text.StartsWith("[") && text.EndsWith("]")) text = text[1..^1];
        // Else "1" and "0x7f.1" were addresses too.
        else if (!text.Contains(':') && text.Count('.') != 3) return false;
        return IPAddress.TryParse(text, out address) && (text.Contains(':') || address.ToString() == domain);
    }

    /// <summary>The name in A-labels (RFC 5890 §2.3.2.1) of a canonical domain; false when it has none.</summary>
    public static bool TryName(string domain, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        if (DnsName.TryParse(domain, out name)) return true;
        try
        {
            return DnsName.TryParse(Idna.GetAscii(domain), out name)
                && JidPreparation.TryDomain(name.Text, out string? back) && back == domain;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
