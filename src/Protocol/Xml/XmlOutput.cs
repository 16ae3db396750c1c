using System.Buffers;
using System.Text;

namespace PresenceXml.Protocol.Xml;

/// <summary>Writes bytes and escaped text into a buffer with few calls to it; ends with <see cref="Flush"/>.</summary>
internal ref struct XmlOutput(IBufferWriter<byte> output)
{
    private const int Chunk = 512;

    /// <summary>What text or an attribute value must not hold as it is: markup, and whitespace that reading would change (XML 1.0 §2.11, §3.3.3).</summary>
    private static readonly SearchValues<byte> Special = SearchValues.Create(
        [.. "<>&'\""u8, .. Enumerable.Range(0, 0x20).Select(c => (byte)c)]);

    private Span<byte> room;
    private int written;

    public void Flush()
    {
        if (written > 0) output.Advance(written);
        written = 0;
        room = default;
    }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > room.Length - written) Grow(bytes.Length);
        bytes.CopyTo(room[written..]);
        written += bytes.Length;
    }

    /// <summary>Escapes UTF-8 that has no character XML forbids; <paramref name="value"/>: inside an attribute.</summary>
    public void Escaped(scoped ReadOnlySpan<byte> utf8, bool value)
    {
        while (true)
        {
            int special = utf8.IndexOfAny(Special);
            if (special < 0)
            {
                Write(utf8);
                return;
            }
            Write(utf8[..special]);
            Write(utf8[special] switch
            {
                (byte)'<' => "&lt;"u8,
                (byte)'>' => "&gt;"u8,
                (byte)'&' => "&amp;"u8,
                (byte)'\'' when value => "&apos;"u8,
                (byte)'"' when value => "&quot;"u8,
                (byte)'\r' => "&#13;"u8,
                (byte)'\n' when value => "&#10;"u8,
                (byte)'\t' when value => "&#9;"u8,
                (byte)'\'' or (byte)'"' or (byte)'\n' or (byte)'\t' => utf8.Slice(special, 1),
                _ => "\uFFFD"u8,
            });
            utf8 = utf8[(special + 1)..];
        }
    }

    /// <summary>Escapes text; lone surrogates and other characters that XML forbids become U+FFFD.</summary>
    public void Escaped(scoped ReadOnlySpan<char> text, bool value)
    {
        if (text.ContainsAny('\uFFFE', '\uFFFF'))
        {
            Escaped(text.ToString().Replace('\uFFFE', '\uFFFD').Replace('\uFFFF', '\uFFFD'), value);
            return;
        }
        const int Piece = 256;
        Span<byte> utf8 = stackalloc byte[Piece * 3];
        while (!text.IsEmpty)
        {
            int length = Math.Min(text.Length, Piece);
            if (length < text.Length && char.IsHighSurrogate(text[length - 1])) length--;
            Escaped(utf8[..Encoding.UTF8.GetBytes(text[..length], utf8)], value);
            text = text[length..];
        }
    }

    /// <summary> name='value' with a space before it; nothing when <paramref name="text"/> is null.</summary>
    public void Attribute(scoped ReadOnlySpan<byte> spaceNameEqualsQuote, string? text)
    {
        if (text is null) return;
        Write(spaceNameEqualsQuote);
        Escaped(text, value: true);
        Write("'"u8);
    }

    public void Text(string ascii)
    {
        if (ascii.Length * 3 > room.Length - written) Grow(ascii.Length * 3);
        written += Encoding.UTF8.GetBytes(ascii, room[written..]);
    }

    private void Grow(int atLeast)
    {
        Flush();
        room = output.GetSpan(Math.Max(atLeast, Chunk));
    }
}
