using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using PresenceXml.Protocol.Unicode;

namespace PresenceXml.Protocol;

/// <summary>
/// String preparation by RFC 7622, 8264, 8265. The same result on every platform, with and without libicu. What a method gives is
/// stable: prepared again it is itself.
/// </summary>
public static class JidPreparation
{
    /// <summary>The greatest length of each part, in octets of UTF-8 (RFC 7622 §3.2 to §3.4).</summary>
    public const int MaxPartOctets = 1023;

    /// <summary>
    /// The greatest length of an unprepared part in UTF-16 code units. Nothing longer can become short enough: composition leaves at
    /// least an octet of two code units, and only domain names, far shorter, shrink by more. It bounds the work for hostile input.
    /// </summary>
    private const int MaxRawUnits = 4 * MaxPartOctets;

    /// <summary>RFC 7622 §3.3.1, and the space, which a username may have between its parts (RFC 8265 §3.1) but a local part may not.</summary>
    private static readonly SearchValues<char> ExcludedFromLocal = SearchValues.Create("\"&'/:<>@ ");

    private delegate bool Profile(ref CodePointBuffer text);

    /// <summary>
    /// PRECIS UsernameCaseMapped and the further exclusions of RFC 7622 §3.3.1. Escapes of XEP-0106 are carried unchanged. False when
    /// the text is illegal, empty, or longer than <see cref="MaxPartOctets"/> once prepared.
    /// </summary>
    public static bool TryLocal(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? prepared) =>
        TryApply(text, Precis.TryUsernameCaseMapped, out prepared)
        && !prepared.AsSpan().ContainsAny(ExcludedFromLocal)
        && FitsPart(prepared)
        || Refuse(out prepared);

    /// <summary>
    /// FQDN, single label, IPv4 or bracketed IPv6 (RFC 7622 §3.2). One trailing dot is cut off, A-labels become U-labels, IPv6 addresses
    /// are written as RFC 5952 says. The length limits of the DNS (63 octets a label, 253 a name) hold for the name with A-labels.
    /// </summary>
    public static bool TryDomain(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? prepared)
    {
        if (text.StartsWith("["))
            return Ipv6Literal.TryPrepare(text, out prepared);
        return TryApply(text, DomainName.TryPrepare, out prepared) && FitsPart(prepared) || Refuse(out prepared);
    }

    /// <summary>PRECIS OpaqueString, 1 to 1023 octets (RFC 7622 §3.4).</summary>
    public static bool TryResource(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? prepared) =>
        TryOpaque(text, MaxRawUnits, out prepared) && FitsPart(prepared) || Refuse(out prepared);

    /// <summary>PRECIS OpaqueString for passwords (RFC 8265 §4.2), as SCRAM and PLAIN compare them. Not empty, of any length.</summary>
    public static bool TryPassword(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? prepared) =>
        TryOpaque(text, int.MaxValue, out prepared);

    private static bool TryOpaque(ReadOnlySpan<char> text, int maxUnits, [NotNullWhen(true)] out string? prepared)
    {
        if (text.IsEmpty || text.Length > maxUnits)
            return Refuse(out prepared);
        if (!text.ContainsAnyExceptInRange(' ', '~'))
        {
            prepared = text.ToString();
            return true;
        }
        return TryMap(text, Precis.TryOpaqueString, out prepared);
    }

    private static bool TryApply(ReadOnlySpan<char> text, Profile profile, [NotNullWhen(true)] out string? prepared) =>
        text.Length > MaxRawUnits ? Refuse(out prepared) : TryMap(text, profile, out prepared);

    private static bool TryMap(ReadOnlySpan<char> text, Profile profile, [NotNullWhen(true)] out string? prepared)
    {
        var buffer = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        prepared = buffer.TryDecode(text) && profile(ref buffer) ? CodePointBuffer.ToText(buffer.Span) : null;
        buffer.Dispose();
        return prepared is not null;
    }

    private static bool FitsPart(string prepared) => Encoding.UTF8.GetByteCount(prepared) is > 0 and <= MaxPartOctets;

    private static bool Refuse([NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        return false;
    }
}
