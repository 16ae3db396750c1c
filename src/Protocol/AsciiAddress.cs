namespace PresenceXml.Protocol;

/// <summary>
/// The short way for nearly every address on the wire: recognises in one pass, without memory, ASCII that already is canonical. What it
/// does not recognise may still be a legal address; <see cref="JidPreparation"/> knows.
/// </summary>
internal static class AsciiAddress
{
    private const byte Local = 1;
    private const byte Label = 2;
    private const int MaxLabelOctets = 63;

    /// <summary>The greatest length of a name in the DNS, written with dots and without the last one (RFC 1035 §2.3.4).</summary>
    internal const int MaxNameOctets = 253;

    // Where an octet may stand in a canonical part. RFC 7622 §3.3.1: no " & ' / : < > @ in a local part.
    private static ReadOnlySpan<byte> Classes =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 3, 1, 0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 1, 0, 1, 0, 1,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 3,
        1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 1, 0,
    ];

    /// <summary>True when the whole address is canonical ASCII.</summary>
    /// <param name="address">The address in UTF-8.</param>
    /// <param name="localLength">The length of the local part, 0 when there is none.</param>
    /// <param name="domainEnd">Where the domain part ends.</param>
    internal static bool IsCanonical(ReadOnlySpan<byte> address, out int localLength, out int domainEnd)
    {
        // RFC 7622 §3.1, first the resource is cut off, then the local part.
        int slash = address.IndexOf((byte)'/');
        domainEnd = slash < 0 ? address.Length : slash;
        int at = address[..domainEnd].IndexOf((byte)'@');
        localLength = Math.Max(at, 0);
        return (at < 0 || IsLocal(address[..at]))
            && IsDomain(address[(at + 1)..domainEnd])
            && (slash < 0 || IsResource(address[(slash + 1)..]));
    }

    internal static bool IsLocal(ReadOnlySpan<byte> part)
    {
        if (part.Length is 0 or > JidPreparation.MaxPartOctets)
            return false;
        foreach (byte octet in part)
        {
            if (octet >= 0x80 || (Classes[octet] & Local) == 0)
                return false;
        }
        return true;
    }

    /// <summary>Lower-case LDH labels, underscores among them, and none that could be an A-label.</summary>
    internal static bool IsDomain(ReadOnlySpan<byte> part)
    {
        if (part.Length is 0 or > MaxNameOctets)
            return false;
        int start = 0;
        for (int i = 0; i < part.Length; i++)
        {
            byte octet = part[i];
            if (octet == '.')
            {
                if (!IsLabel(part[start..i]))
                    return false;
                start = i + 1;
            }
            else if (octet >= 0x80 || (Classes[octet] & Label) == 0)
            {
                return false;
            }
        }
        return IsLabel(part[start..]);
    }

    /// <summary>Printable ASCII and spaces, 1 to 1023 octets.</summary>
    internal static bool IsResource(ReadOnlySpan<byte> part) =>
        part.Length is > 0 and <= JidPreparation.MaxPartOctets && !part.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    private static bool IsLabel(ReadOnlySpan<byte> label) =>
        label.Length is > 0 and <= MaxLabelOctets && label[0] != '-' && label[^1] != '-'
        && !(label.Length > 3 && label[2] == '-' && label[3] == '-');
}
