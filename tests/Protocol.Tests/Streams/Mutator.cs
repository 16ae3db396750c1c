using System.Text;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>Makes new inputs of old ones; the same random numbers make the same input.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, Random random)
{
    private const int MaxLength = 12_000;

    private static readonly byte[][] Tokens = [.. new[]
    {
        "<", ">", "/", "</", "/>", "'", "\"", "=", "&", ";", "#", "&#", "&#x", "&lt;", "&amp;", "&#0;", "&#10;", "&#x10FFFF;", "&#xD800;", "]", "]]", "]]>",
        "<![CDATA[", "<![CDATA[x]]>", "<!--", "-->", "<?", "?>", "<?xml version='1.0'?>", "<!DOCTYPE", "xmlns", "xmlns=''", " xmlns:p='u'", " p:a='1'", " q:a='1' xmlns:q='u'",
        "<p:a>", "<a>", "</a>", "<a/>", "<b xmlns='jabber:server'/>", "<c:d xmlns:c='jabber:client'/>", " xmlns='jabber:client'", "xml:lang='en'", "xmlns:xml", ":", "::", " ", "\n", "\r\n", "\r",
        "\t", "\0", "\uFEFF", "\uFFFE", "\uFFFF", "é", "\U0001F600", "\u0301", "stream:", "</stream:stream>", "<message>", "</message>", "<iq type='get' id='1'>", "</iq>", "<presence/>",
    }.Select(Encoding.UTF8.GetBytes), [0xFF], [0xC0], [0xED, 0xA0], [0xF4, 0x90], [0xE2, 0x82], [0xF0, 0x9F], [0x80]];

    public byte[] Next()
    {
        List<byte> bytes = [.. Pick()];
        for (int changes = 1 + random.Next(4); changes > 0; changes--) Change(bytes);
        return bytes.Count > MaxLength ? [.. bytes[..MaxLength]] : [.. bytes];
    }

    /// <summary>Lengths of pieces to hand these bytes over in; now and then an empty one.</summary>
    public int[] Pieces(int length)
    {
        int largest = 1 + random.Next(random.Next(2) == 0 ? 8 : 200);
        List<int> pieces = [];
        for (int covered = 0; covered < length; covered += pieces[^1]) pieces.Add(random.Next(largest + 1));
        return [.. pieces];
    }

    private byte[] Pick() => corpus[random.Next(corpus.Count)];

    private void Change(List<byte> bytes)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(random.Next(1 + random.Next(40)), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                byte[] other = Pick();
                int from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(1 + random.Next(200)), other.Length - from)).ToArray());
                break;
            case 5 when random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]);
                break;
        }
    }
}
