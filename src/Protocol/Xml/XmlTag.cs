using System.Buffers;
using System.Runtime.CompilerServices;

namespace PresenceXml.Protocol.Xml;

/// <summary>One attribute or namespace declaration as ranges of its tag's bytes.</summary>
internal readonly record struct RawAttribute(int NameStart, int NameLength, int PrefixLength, int ValueStart, int ValueLength)
{
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> tag) => tag.Slice(NameStart, NameLength);
    public ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> tag) => tag.Slice(NameStart, PrefixLength);

    /// <summary>The name behind the prefix.</summary>
    public ReadOnlySpan<byte> Local(ReadOnlySpan<byte> tag) => PrefixLength == 0 ? Name(tag) : tag.Slice(NameStart + PrefixLength + 1, NameLength - PrefixLength - 1);

    /// <summary>The value as it came, references and all.</summary>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> tag) => tag.Slice(ValueStart, ValueLength);
    public bool IsDefaultDeclaration(ReadOnlySpan<byte> tag) => PrefixLength == 0 && Name(tag).SequenceEqual("xmlns"u8);
    public bool IsPrefixDeclaration(ReadOnlySpan<byte> tag) => PrefixLength == 5 && Prefix(tag).SequenceEqual("xmlns"u8);
    public bool IsDeclaration(ReadOnlySpan<byte> tag) => IsDefaultDeclaration(tag) || IsPrefixDeclaration(tag);
}

/// <summary>A start tag or empty-element tag taken apart; its attributes lie in a list that is used again and again.</summary>
internal struct XmlTag
{
    private const int KeptAttributes = 8;

    /// <summary>Longer names nobody has, and libxml2 ends the stream of whoever it meets one on (at 50,000 bytes; parsers for small devices sooner).</summary>
    private const int LongestName = 1024;

    private static readonly SearchValues<byte> PlainValue = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x5F).Select(c => (byte)c).Except("&<"u8.ToArray())]);

    private RawAttribute[]? attributes;

    public int NameLength { get; private set; }
    public int PrefixLength { get; private set; }

    /// <summary>True for <c>&lt;a/&gt;</c>.</summary>
    public bool IsEmpty { get; private set; }
    public int AttributeCount { get; private set; }
    public readonly ReadOnlySpan<RawAttribute> Attributes => attributes.AsSpan(0, AttributeCount);

    /// <summary>The qualified name.</summary>
    public readonly ReadOnlySpan<byte> Name(ReadOnlySpan<byte> tag) => tag.Slice(1, NameLength);
    public readonly ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> tag) => tag.Slice(1, PrefixLength);
    public readonly ReadOnlySpan<byte> Local(ReadOnlySpan<byte> tag) => PrefixLength == 0 ? Name(tag) : tag.Slice(PrefixLength + 2, NameLength - PrefixLength - 1);

    /// <summary>
    /// Goes on looking for the end of a start tag, from behind its <c>&lt;</c>; <paramref name="quote"/> is what survives between
    /// calls, 0 at first. Returns the index behind the <c>&gt;</c>, or −1 when everything was scanned.
    /// </summary>
    public static int FindEnd(ReadOnlySpan<byte> span, ref byte quote)
    {
        int i = 0;
        while (true)
        {
            int next = quote == 0 ? span[i..].IndexOfAny("<>\"'"u8) : span[i..].IndexOfAny(quote, (byte)'<');
            if (next < 0) return -1;
            i += next + 1;
            byte found = span[i - 1];
            if (found == '<') throw XmlFault.NotWellFormed("< inside a tag");
            if (found == '>' && quote == 0) return i;
            quote = quote == 0 ? found : (byte)0;
        }
    }

    /// <summary>Takes apart <paramref name="tag"/>, which reaches from its <c>&lt;</c> to its <c>&gt;</c> as <see cref="FindEnd"/> sees it.</summary>
    /// <exception cref="Streams.StreamException">It is not well-formed, or has too many attributes.</exception>
    public void Parse(ReadOnlySpan<byte> tag, int maxAttributes)
    {
        int end = tag.Length - 1;
        IsEmpty = tag[end - 1] == '/';
        if (IsEmpty) end--;
        int i = 1;
        while (i < end && !XmlChars.IsWhitespace(tag[i])) i++;
        NameLength = i - 1;
        PrefixLength = CheckName(tag[1..i]);
        AttributeCount = 0;
        while (true)
        {
            int before = i;
            i = SkipWhitespace(tag, i, end);
            if (i == end) break;
            if (i == before) throw XmlFault.NotWellFormed("no whitespace before an attribute");
            if (maxAttributes > 0 && AttributeCount == maxAttributes) throw XmlFault.Limit("too many attributes");
            int name = i;
            while (i < end && tag[i] != '=' && !XmlChars.IsWhitespace(tag[i])) i++;
            int nameLength = i - name;
            int prefixLength = CheckName(tag.Slice(name, nameLength));
            i = SkipWhitespace(tag, i, end);
            if (i == end || tag[i] != '=') throw XmlFault.NotWellFormed("attribute without a value");
            i = SkipWhitespace(tag, i + 1, end);
            if (i == end || tag[i] is not ((byte)'"' or (byte)'\'')) throw XmlFault.NotWellFormed("attribute value without quotes");
            int value = i + 1;
            int valueLength = tag[value..end].IndexOf(tag[i]);
            if (valueLength < 0) throw XmlFault.NotWellFormed("attribute value without an end");
            i = value + valueLength + 1;
            ReadOnlySpan<byte> bytes = tag.Slice(value, valueLength);
            if (bytes.IndexOfAnyExcept(PlainValue) >= 0) CharacterScan.Value(bytes);
            Add(new RawAttribute(name, nameLength, prefixLength, value, valueLength));
        }
        if (AttributeCount > 1) CheckNamesDiffer(tag);
    }

    /// <summary>Gives back a list that one large tag made grow.</summary>
    public void Trim()
    {
        if (attributes?.Length > KeptAttributes) attributes = null;
        AttributeCount = 0;
    }

    /// <summary>Checks a QName and returns the length of its prefix (Namespaces in XML 1.0 §4).</summary>
    private static int CheckName(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName) throw XmlFault.Limit("a name too long");
        int colon = name.IndexOf((byte)':');
        bool legal = colon < 0 ? XmlChars.IsNCName(name) : XmlChars.IsNCName(name[..colon]) && XmlChars.IsNCName(name[(colon + 1)..]);
        if (!legal) throw XmlFault.NotWellFormed("illegal name");
        return Math.Max(colon, 0);
    }

    private static int SkipWhitespace(ReadOnlySpan<byte> tag, int i, int end)
    {
        while (i < end && XmlChars.IsWhitespace(tag[i])) i++;
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(RawAttribute attribute)
    {
        attributes ??= new RawAttribute[KeptAttributes];
        if (AttributeCount == attributes.Length) Array.Resize(ref attributes, AttributeCount * 2);
        attributes[AttributeCount++] = attribute;
    }

    /// <summary>XML 1.0 §3.1, unique attribute specification. Few are compared in pairs; many go through a set, so that they cost no more each.</summary>
    private readonly void CheckNamesDiffer(ReadOnlySpan<byte> tag)
    {
        ReadOnlySpan<RawAttribute> all = Attributes;
        if (all.Length > 32)
        {
            HashSet<string> seen = new(all.Length);
            foreach (RawAttribute attribute in all)
                if (!seen.Add(System.Text.Encoding.UTF8.GetString(attribute.Name(tag)))) throw XmlFault.NotWellFormed("attribute given twice");
            return;
        }
        for (int i = 1; i < all.Length; i++)
        {
            ReadOnlySpan<byte> name = all[i].Name(tag);
            for (int j = 0; j < i; j++)
                if (all[j].NameLength == name.Length && all[j].Name(tag).SequenceEqual(name)) throw XmlFault.NotWellFormed("attribute given twice");
        }
    }
}
