using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>Checks the XML declaration (XML 1.0 §2.8), byte by byte from behind its <c>&lt;?</c>; no text of it is kept.</summary>
internal struct DeclarationScan
{
    /// <summary>Attributes in their order; each may come once, the first must.</summary>
    private enum Place : byte { Target, Space, Name, Equals, Quote, Value, End }

    private enum Attribute : byte { None, Version, Encoding, Standalone }

    private Place place;
    private Attribute attribute;
    private byte length;
    private byte quote;
    private bool hasSpace;
    private bool equalsSeen;
    private ulong low;
    private ulong high;

    /// <summary>Takes the next byte; true when the declaration ended with it.</summary>
    /// <exception cref="StreamException">
    /// <c>restricted-xml</c> when it is another processing instruction, <c>unsupported-encoding</c> when it names another encoding than
    /// UTF-8, <c>not-well-formed</c> when it is malformed or not of version 1.0.
    /// </exception>
    public bool Step(byte b)
    {
        switch (place)
        {
            case Place.Target:
                if (length < 3 ? b != "xml"u8[length] : !XmlChars.IsWhitespace(b)) throw XmlFault.Restricted("processing instruction");
                if (++length < 4) return false;
                place = Place.Space;
                hasSpace = true;
                return false;
            case Place.Space:
                if (XmlChars.IsWhitespace(b)) hasSpace = true;
                else if (b == '?' && attribute != Attribute.None) place = Place.End;
                else if (!hasSpace) throw Malformed();
                else Begin(Place.Name, b);
                return false;
            case Place.Name:
                if (b != '=' && !XmlChars.IsWhitespace(b))
                {
                    Keep(b);
                    return false;
                }
                Named();
                place = Place.Equals;
                equalsSeen = false;
                goto case Place.Equals;
            case Place.Equals:
                if (XmlChars.IsWhitespace(b)) return false;
                if (b == '=' && !equalsSeen) equalsSeen = true;
                else if (equalsSeen && b is (byte)'"' or (byte)'\'' && equalsSeen)
                {
                    quote = b;
                    place = Place.Value;
                    low = high = length = 0;
                }
                else throw Malformed();
                return false;
            case Place.Value:
                if (b != quote)
                {
                    if (b is < 0x20 or >= 0x7F or (byte)'<' or (byte)'&' or (byte)'>') throw Malformed();
                    Keep(b);
                    return false;
                }
                Valued();
                place = Place.Space;
                hasSpace = false;
                return false;
            default:
                return b == '>' ? true : throw Malformed();
        }
    }

    private static StreamException Malformed() => XmlFault.NotWellFormed("malformed XML declaration");

    private void Begin(Place next, byte b)
    {
        place = next;
        low = high = length = 0;
        Keep(b);
    }

    /// <summary>Keeps up to 16 bytes: no name and no value that is accepted is longer.</summary>
    private void Keep(byte b)
    {
        if (length == 16)
        {
            if (place == Place.Value && attribute == Attribute.Encoding) throw XmlFault.Encoding();
            throw Malformed();
        }
        high = high << 8 | low >> 56;
        low = low << 8 | b;
        length++;
    }

    private void Named()
    {
        Attribute named = Is("version"u8) ? Attribute.Version : Is("encoding"u8) ? Attribute.Encoding : Is("standalone"u8) ? Attribute.Standalone : Attribute.None;
        if (named <= attribute || (attribute == Attribute.None && named != Attribute.Version)) throw Malformed();
        attribute = named;
    }

    private void Valued()
    {
        // RFC 6120 §11.5: the XML version is 1.0; §11.6: the encoding is UTF-8. A standalone declaration changes nothing here (§11.4).
        if (attribute == Attribute.Encoding && !Is("utf-8"u8, ignoreCase: true)) throw XmlFault.Encoding();
        if (attribute == Attribute.Version && !Is("1.0"u8)) throw XmlFault.NotWellFormed("XML version other than 1.0");
        if (attribute == Attribute.Standalone && !Is("yes"u8) && !Is("no"u8)) throw Malformed();
    }

    private readonly bool Is(ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        if (length != text.Length) return false;
        for (int i = 0; i < length; i++)
        {
            int shift = (length - 1 - i) * 8;
            byte kept = (byte)(shift < 64 ? low >> shift : high >> (shift - 64));
            if (ignoreCase && kept is >= (byte)'A' and <= (byte)'Z') kept |= 0x20;
            if (kept != text[i]) return false;
        }
        return true;
    }
}
