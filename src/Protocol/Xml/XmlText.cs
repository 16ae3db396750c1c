using System.Buffers;
using System.Text;

namespace PresenceXml.Protocol.Xml;

/// <summary>Between text and its escaped form.</summary>
internal static class XmlText
{
    /// <summary>Character data that was checked before, as text: references resolved, line ends normalised (XML 1.0 §2.11).</summary>
    public static string Decode(ReadOnlySpan<byte> raw) =>
        raw.IndexOfAny((byte)'&', (byte)'\r') < 0 ? Encoding.UTF8.GetString(raw) : DecodeSlowly(raw, attribute: false, references: true);

    /// <summary>A CDATA section's content as text.</summary>
    public static string DecodeCData(ReadOnlySpan<byte> raw) =>
        raw.IndexOf((byte)'\r') < 0 ? Encoding.UTF8.GetString(raw) : DecodeSlowly(raw, attribute: false, references: false);

    /// <summary>An attribute value as text: references resolved, whitespace normalised (XML 1.0 §3.3.3, a CDATA attribute).</summary>
    public static string DecodeValue(ReadOnlySpan<byte> raw) =>
        IsPlainValue(raw) ? NameTable.Known(raw) ?? Encoding.UTF8.GetString(raw) : DecodeSlowly(raw, attribute: true, references: true);

    /// <summary>True when an attribute value stands for itself.</summary>
    public static bool IsPlainValue(ReadOnlySpan<byte> raw) => raw.IndexOfAny("&\r\n\t"u8) < 0;

    private static string DecodeSlowly(ReadOnlySpan<byte> raw, bool attribute, bool references)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(raw.Length);
        int length = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            byte b = raw[i];
            if (b == '&' && references)
            {
                ReferenceScan reference = default;
                reference.Begin();
                while (!reference.Step(raw[++i])) { }
                // A reference is never shorter than its character in UTF-8, so the rented bytes are enough.
                length += new Rune(reference.Value).EncodeToUtf8(rented.AsSpan(length));
                continue;
            }
            if (b == '\r')
            {
                if (i + 1 < raw.Length && raw[i + 1] == '\n') continue;
                b = (byte)'\n';
            }
            rented[length++] = attribute && b is (byte)'\n' or (byte)'\t' ? (byte)' ' : b;
        }
        string text = Encoding.UTF8.GetString(rented, 0, length);
        ArrayPool<byte>.Shared.Return(rented);
        return text;
    }
}
