using System.Buffers;

namespace PresenceXml.Protocol.Xml;

/// <summary>Checks character data, CDATA and attribute values as their bytes arrive; keeps what it needs across any cut.</summary>
internal struct CharacterScan
{
    private const string Controls = "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F";

    private static readonly SearchValues<byte> TextStops = SearchValues.Create([.. "<&]"u8, .. Bytes(Controls)]);
    private static readonly SearchValues<byte> CDataStops = SearchValues.Create([.. "]"u8, .. Bytes(Controls)]);
    private static readonly SearchValues<byte> ValueStops = SearchValues.Create([.. "<&"u8, .. Bytes(Controls)]);

    private Utf8Scan utf8;
    private ReferenceScan reference;

    /// <summary>How many <c>]</c> stand directly before the next byte, 2 at most.</summary>
    private byte brackets;

    /// <summary>True in the middle of a character or a reference.</summary>
    public readonly bool IsCut => utf8.IsCut || reference.IsActive;

    /// <summary>Scans character data up to the next <c>&lt;</c>; returns its index, or the length when there is none yet.</summary>
    public int Text(ReadOnlySpan<byte> span) => Scan(span, TextStops, out _);

    /// <summary>Scans a CDATA section; returns the index behind its <c>]]&gt;</c> and sets <paramref name="ended"/>, or the length.</summary>
    public int CData(ReadOnlySpan<byte> span, out bool ended) => Scan(span, CDataStops, out ended);

    /// <summary>Takes bytes one at a time where only one is wanted; true when a whole character or reference ended with it.</summary>
    public bool Single(byte b)
    {
        if (reference.IsActive) return reference.Step(b);
        if (b == '&' && !utf8.IsCut)
        {
            reference.Begin();
            return false;
        }
        if (b < 0x20 && !utf8.IsCut) throw XmlFault.NotWellFormed("illegal character");
        utf8.Run([b]);
        return !utf8.IsCut;
    }

    /// <summary>Checks a whole attribute value (XML 1.0 production 10).</summary>
    public static void Value(ReadOnlySpan<byte> value)
    {
        CharacterScan scan = default;
        if (scan.Scan(value, ValueStops, out _) < value.Length) throw XmlFault.NotWellFormed("< in an attribute value");
        if (scan.utf8.IsCut) throw XmlFault.Encoding();
        if (scan.reference.IsActive) throw XmlFault.NotWellFormed("malformed reference");
    }

    private int Scan(ReadOnlySpan<byte> span, SearchValues<byte> stops, out bool ended)
    {
        ended = false;
        int i = 0;
        while (i < span.Length)
        {
            byte b = span[i];
            if (reference.IsActive)
            {
                reference.Step(b);
                i++;
                continue;
            }
            if (brackets > 0 && b != ']')
            {
                if (b == '>' && brackets == 2)
                {
                    // XML 1.0 §2.4: ]]> ends a CDATA section and must not stand in text.
                    if (stops != CDataStops) throw XmlFault.NotWellFormed("]]> in text");
                    this = default;
                    ended = true;
                    return i + 1;
                }
                brackets = 0;
            }
            int run = span[i..].IndexOfAny(stops);
            if (run != 0)
            {
                if (run < 0) run = span.Length - i;
                utf8.Run(span.Slice(i, run));
                i += run;
                continue;
            }
            if (utf8.IsCut) throw XmlFault.Encoding();
            switch (b)
            {
                case (byte)'<':
                    this = default;
                    return i;
                case (byte)'&':
                    reference.Begin();
                    break;
                case (byte)']':
                    if (brackets < 2) brackets++;
                    break;
                default:
                    throw XmlFault.NotWellFormed("illegal character");
            }
            i++;
        }
        return i;
    }

    private static byte[] Bytes(string ascii) => [.. ascii.Select(c => (byte)c)];
}
