using System.Globalization;
using System.Text;

namespace PresenceXml.Protocol.Unicode;

/// <summary>IPv6 addresses in brackets (RFC 3986 IP-literal): read by RFC 4291 §2.2, written by RFC 5952. Without zones.</summary>
internal static class Ipv6Literal
{
    private const int Groups = 8;

    /// <summary>Canonicalises <c>[address]</c>; false when it is none.</summary>
    internal static bool TryPrepare(ReadOnlySpan<char> text, out string? prepared)
    {
        prepared = null;
        if (text.Length < 4 || text[0] != '[' || text[^1] != ']')
            return false;
        Span<ushort> groups = stackalloc ushort[Groups];
        if (!TryRead(text[1..^1], groups))
            return false;
        prepared = Write(groups);
        return true;
    }

    private static bool TryRead(ReadOnlySpan<char> text, Span<ushort> groups)
    {
        int gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0)
            return TryReadGroups(text, groups, allowIpv4: true, out int all) && all == Groups;
        Span<ushort> tail = stackalloc ushort[Groups];
        if (!TryReadGroups(text[..gap], groups, allowIpv4: false, out int before)
            || !TryReadGroups(text[(gap + 2)..], tail, allowIpv4: true, out int after)
            || before + after >= Groups)
        {
            return false;
        }
        groups[before..].Clear();
        tail[..after].CopyTo(groups[^after..]);
        return true;
    }

    private static bool TryReadGroups(ReadOnlySpan<char> text, Span<ushort> groups, bool allowIpv4, out int count)
    {
        count = 0;
        if (text.IsEmpty)
            return true;
        while (true)
        {
            int colon = text.IndexOf(':');
            ReadOnlySpan<char> group = colon < 0 ? text : text[..colon];
            if (colon < 0 && allowIpv4 && group.Contains('.'))
                return count <= Groups - 2 && TryReadIpv4(group, groups[count..]) && (count += 2) > 0;
            if (count == Groups || group.Length is 0 or > 4
                || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out groups[count]))
            {
                return false;
            }
            count++;
            if (colon < 0)
                return true;
            text = text[(colon + 1)..];
        }
    }

    private static bool TryReadIpv4(ReadOnlySpan<char> text, Span<ushort> groups)
    {
        for (int i = 0; i < 4; i++)
        {
            int dot = text.IndexOf('.');
            ReadOnlySpan<char> part = i < 3 && dot >= 0 ? text[..dot] : text;
            if (i < 3 && dot < 0 || part.Length is 0 or > 3 || part.Length > 1 && part[0] == '0'
                || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out byte octet))
            {
                return false;
            }
            groups[i / 2] = (ushort)(i % 2 == 0 ? octet << 8 : groups[i / 2] | octet);
            text = i < 3 ? text[(dot + 1)..] : default;
        }
        return true;
    }

    private static string Write(ReadOnlySpan<ushort> groups)
    {
        // RFC 5952 §5: the one prefix that is known to mean an IPv4 address.
        bool mapped = groups[..5].IndexOfAnyExcept((ushort)0) < 0 && groups[5] == 0xFFFF;
        int words = mapped ? 6 : Groups;
        (int start, int length) = LongestZeroRun(groups[..words]);
        var text = new StringBuilder("[", 41);
        for (int i = 0; i < words; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }
            if (text[^1] is not ('[' or ':'))
                text.Append(':');
            text.Append(CultureInfo.InvariantCulture, $"{groups[i]:x}");
        }
        if (mapped)
            text.Append(CultureInfo.InvariantCulture, $":{groups[6] >> 8}.{groups[6] & 255}.{groups[7] >> 8}.{groups[7] & 255}");
        return text.Append(']').ToString();
    }

    /// <summary>RFC 5952 §4.2: of two or more groups, the first of the longest runs.</summary>
    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<ushort> groups)
    {
        (int start, int length) = (-1, 1);
        for (int i = 0; i < groups.Length; i++)
        {
            int end = i;
            while (end < groups.Length && groups[end] == 0)
                end++;
            if (end - i > length)
                (start, length) = (i, end - i);
            i = Math.Max(i, end - 1);
        }
        return (start, length);
    }
}
