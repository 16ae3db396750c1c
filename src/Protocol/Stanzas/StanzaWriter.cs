using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>Writes stanzas: a fresh head, behind it the content as it came.</summary>
public static class StanzaWriter
{
    /// <summary>A larger scratch buffer is not kept: an id or a language may be as long as a stanza.</summary>
    private const int MaxScratch = 16 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? scratch;

    /// <summary>Onto a stream whose header declares <paramref name="contentNamespace"/> as default (RFC 6120 §4.8.3).</summary>
    /// <param name="output">The stream.</param>
    /// <param name="stanza">What is written.</param>
    /// <param name="contentNamespace"><c>jabber:client</c>, <c>jabber:server</c> or <c>jabber:component:accept</c>.</param>
    /// <param name="appended">Elements behind the content, which declare every namespace they need.</param>
    /// <exception cref="ArgumentException"><paramref name="contentNamespace"/> is none of these.</exception>
    public static void Write(IBufferWriter<byte> output, Stanza stanza, string contentNamespace, ReadOnlySpan<byte> appended = default)
    {
        // The content is kept in a form that suits both, so nothing but the name has to be checked.
        if (!ContentNamespace.Is(contentNamespace)) throw new ArgumentException("no content namespace", nameof(contentNamespace));
        Write(output, stanza, ReadOnlySpan<byte>.Empty, appended);
    }

    /// <summary>One canonical form that stands alone and declares every namespace, for the log.</summary>
    public static byte[] ToCanonical(Stanza stanza)
    {
        ArrayBufferWriter<byte> output = new(1024);
        WriteCanonical(output, stanza);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes what <see cref="ToCanonical"/> returns.</summary>
    public static void WriteCanonical(IBufferWriter<byte> output, Stanza stanza)
    {
        ArgumentNullException.ThrowIfNull(stanza);
        Write(output, stanza, CanonicalDeclaration, default);
    }

    /// <summary>Onto a client's stream: a message without content of its own around another stanza, which stands in it as it stands alone.</summary>
    /// <param name="output">The stream.</param>
    /// <param name="envelope">The head of what is written; its content is not.</param>
    /// <param name="start">XML in front of the inner stanza, with what is closed by <paramref name="end"/>.</param>
    /// <param name="note">Elements behind <paramref name="start"/>.</param>
    /// <param name="inner">The stanza inside.</param>
    /// <param name="appended">Elements behind the content of <paramref name="inner"/>, which declare every namespace they need.</param>
    /// <param name="end">XML behind it.</param>
    public static void WriteWrapping(
        IBufferWriter<byte> output, Message envelope, ReadOnlySpan<byte> start, ReadOnlySpan<byte> note, Stanza inner, ReadOnlySpan<byte> appended, ReadOnlySpan<byte> end)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(inner);
        ReadOnlySpan<byte> name = Name(envelope);
        XmlOutput xml = new(output);
        WriteHead(ref xml, envelope, name, default);
        xml.Write(">"u8);
        xml.Write(start);
        xml.Write(note);
        xml.Flush();
        Write(output, inner, CanonicalDeclaration, appended);
        xml = new XmlOutput(output);
        xml.Write(end);
        xml.Write("</"u8);
        xml.Write(name);
        xml.Write(">"u8);
        xml.Flush();
    }

    /// <summary>How many bytes <see cref="WriteCanonical"/> writes. Copies no content.</summary>
    public static int CanonicalLength(Stanza stanza)
    {
        ArgumentNullException.ThrowIfNull(stanza);
        ArrayBufferWriter<byte> output = scratch ??= new ArrayBufferWriter<byte>(1024);
        output.ResetWrittenCount();
        ReadOnlySpan<byte> name = Name(stanza);
        XmlOutput xml = new(output);
        WriteHead(ref xml, stanza, name, CanonicalDeclaration);
        xml.Flush();
        int head = output.WrittenCount;
        if (output.Capacity > MaxScratch) scratch = null;
        int content = stanza.Content.Bytes.Length;
        return head + stanza.Content.Tag.Length + (content == 0 ? "/>"u8.Length : content + name.Length + "></>"u8.Length);
    }

    private static ReadOnlySpan<byte> CanonicalDeclaration => " xmlns='jabber:client'"u8;

    private static ReadOnlySpan<byte> Name(Stanza stanza) => stanza switch
    {
        Message => "message"u8,
        Iq => "iq"u8,
        _ => "presence"u8,
    };

    private static void Write(IBufferWriter<byte> output, Stanza stanza, ReadOnlySpan<byte> declaration, ReadOnlySpan<byte> appended)
    {
        ReadOnlySpan<byte> name = Name(stanza);
        XmlOutput xml = new(output);
        WriteHead(ref xml, stanza, name, declaration);
        xml.Write(stanza.Content.Tag);
        if (stanza.Content.Bytes.IsEmpty && appended.IsEmpty)
        {
            xml.Write("/>"u8);
        }
        else
        {
            xml.Write(">"u8);
            xml.Write(stanza.Content.Bytes.Span);
            xml.Write(appended);
            xml.Write("</"u8);
            xml.Write(name);
            xml.Write(">"u8);
        }
        xml.Flush();
    }

    private static void WriteHead(ref XmlOutput xml, Stanza stanza, ReadOnlySpan<byte> name, ReadOnlySpan<byte> declaration)
    {
        xml.Write("<"u8);
        xml.Write(name);
        xml.Write(declaration);
        Address(ref xml, " from='"u8, stanza.From);
        Address(ref xml, " to='"u8, stanza.To);
        xml.Attribute(" id='"u8, stanza.Id);
        xml.Attribute(" type='"u8, stanza.TypeText);
        xml.Attribute(" xml:lang='"u8, stanza.Lang);
    }

    private static void Address(ref XmlOutput xml, ReadOnlySpan<byte> start, Jid? jid)
    {
        if (jid is null) return;
        xml.Write(start);
        xml.Escaped(jid.Utf8, value: true);
        xml.Write("'"u8);
    }
}
