using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Protocol.Xml;

/// <summary>The character classes of XML 1.0 (of names only what its fourth and fifth editions both allow) and of Namespaces in XML 1.0.</summary>
internal static class XmlChars
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"u8);

    /// <summary>XML 1.0 production 3 (S).</summary>
    public static bool IsWhitespace(byte b) => b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';

    /// <summary>XML 1.0 production 2 (Char).</summary>
    public static bool IsChar(int c) =>
        c is >= 0x20 and <= 0xD7FF or '\t' or '\n' or '\r' or >= 0xE000 and <= 0xFFFD or >= 0x10000 and <= 0x10FFFF;

    /// <summary>True when an NCName may begin with this byte, as far as one byte can tell.</summary>
    public static bool MayStartName(byte b) => (byte)((b | 0x20) - 'a') <= 'z' - 'a' || b == '_' || b >= 0x80;

    /// <summary>XML 1.0 production 4 (NameStartChar) without the colon, where the fourth edition agrees.</summary>
    public static bool IsNameStart(int c) => c < 0x80 ? MayStartName((byte)c) : NameRanges.MayStart(c);

    /// <summary>XML 1.0 production 4a (NameChar) without the colon, where the fourth edition agrees.</summary>
    public static bool IsNameChar(int c) => c < 0x80 ? MayStartName((byte)c) || c is >= '0' and <= '9' or '-' or '.' : NameRanges.MayContinue(c);

    /// <summary>Namespaces in XML 1.0 production 4 (NCName).</summary>
    /// <exception cref="StreamException">The bytes are not UTF-8.</exception>
    public static bool IsNCName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty) return false;
        if (name.IndexOfAnyExcept(NameBytes) < 0) return MayStartName(name[0]);
        bool start = true;
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out Rune rune, out int length) != OperationStatus.Done) throw XmlFault.Encoding();
            if (!(start ? IsNameStart(rune.Value) : IsNameChar(rune.Value))) return false;
            start = false;
            name = name[length..];
        }
        return true;
    }

    /// <summary>The same for text.</summary>
    public static bool IsNCName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty) return false;
        bool start = true;
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out Rune rune, out int length) != OperationStatus.Done) return false;
            if (!(start ? IsNameStart(rune.Value) : IsNameChar(rune.Value))) return false;
            start = false;
            name = name[length..];
        }
        return true;
    }
}
