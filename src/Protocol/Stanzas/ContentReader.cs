using System.Buffers;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>Brings what an element came with into the form that <see cref="StanzaContent"/> keeps; as a rule that is how it came.</summary>
internal static class ContentReader
{
    private static readonly SearchValues<byte> NameEnds = SearchValues.Create(" \t\r\n/>:"u8);

    /// <param name="element">A stanza.</param>
    /// <param name="tag">What of its tag is to be kept, or null.</param>
    public static StanzaContent Read(RawElement element, ArrayBufferWriter<byte>? tag)
    {
        byte[] kept = Tag(element, tag);
        RawChild[] children = element.RawChildren;
        ReadOnlyMemory<byte> content = element.Content;
        if (content.IsEmpty && kept.Length == 0) return StanzaContent.Empty;
        bool isOther = element.Name.Namespace != Namespaces.Client;
        bool asItCame = true;
        foreach (RawChild child in children)
            if (ContentNamespace.Is(child.Name.Namespace) && DeclaresNamespace(content.Span.Slice(child.Start, child.Length))) asItCame = false;
        if (!asItCame) return Rewrite(element, content.Span, children, kept);
        if (isOther) children = [.. children.Select(child => child with { Name = InClient(child.Name) })];
        return new StanzaContent(content, children, kept);
    }

    /// <summary>What is kept of the tag, and the declarations of the stream header that the stanza leans on (RFC 6120 §4.8.5).</summary>
    private static byte[] Tag(RawElement element, ArrayBufferWriter<byte>? tag)
    {
        foreach (NamespaceDeclaration declaration in element.HeaderDeclarations())
        {
            tag ??= new ArrayBufferWriter<byte>(64);
            XmlOutput xml = new(tag);
            xml.Write(" xmlns:"u8);
            xml.Text(declaration.Prefix);
            xml.Attribute("='"u8, declaration.Namespace);
            xml.Flush();
        }
        return tag is null ? [] : tag.WrittenSpan.ToArray();
    }

    private static QName InClient(QName name) => ContentNamespace.Is(name.Namespace) ? new QName(Namespaces.Client, name.Name) : name;

    /// <summary>True when a child of the content namespace does not just inherit it, but has a prefix or an <c>xmlns</c> of its own.</summary>
    private static bool DeclaresNamespace(ReadOnlySpan<byte> child)
    {
        int end = child.IndexOfAny(NameEnds);
        if (child[end] == ':') return true;
        if (child[end] is (byte)'>' or (byte)'/') return false;
        return HasDefault(child, out _, out _);
    }

    /// <summary>Finds the <c>xmlns</c> of the tag that <paramref name="child"/> begins with, from the whitespace before it to behind its quote.</summary>
    private static bool HasDefault(ReadOnlySpan<byte> child, out int start, out int end)
    {
        byte quote = 0;
        ReadOnlySpan<byte> bytes = child[..(1 + XmlTag.FindEnd(child[1..], ref quote))];
        XmlTag tag = default;
        tag.Parse(bytes, 0);
        (start, end) = (0, 0);
        foreach (RawAttribute attribute in tag.Attributes)
        {
            if (!attribute.IsDefaultDeclaration(bytes)) continue;
            start = attribute.NameStart;
            while (XmlChars.IsWhitespace(bytes[start - 1])) start--;
            end = attribute.ValueStart + attribute.ValueLength + 1;
            return true;
        }
        return false;
    }

    /// <summary>Copies the content, with those children rewritten that would not change their namespace with the stream (RFC 6120 §4.8.3, §4.8.5).</summary>
    private static StanzaContent Rewrite(RawElement element, ReadOnlySpan<byte> content, RawChild[] children, byte[] tag)
    {
        ArrayBufferWriter<byte> output = new(content.Length + 64);
        List<RawChild> rewritten = [];
        // Made once, when the first child needs it: otherwise many such children would cost the square of their number.
        Element[]? trees = null;
        int copied = 0;
        for (int i = 0; i < children.Length; i++)
        {
            RawChild child = children[i];
            ReadOnlySpan<byte> bytes = content.Slice(child.Start, child.Length);
            output.Write(content[copied..child.Start]);
            copied = child.Start + child.Length;
            int start = output.WrittenCount;
            if (!ContentNamespace.Is(child.Name.Namespace) || !DeclaresNamespace(bytes))
            {
                output.Write(bytes);
            }
            else if (bytes[bytes.IndexOfAny(NameEnds)] != ':' && HasDefault(bytes, out int cut, out int end))
            {
                output.Write(bytes[..cut]);
                output.Write(bytes[end..]);
            }
            else
            {
                trees ??= [.. element.ToElement().Children];
                ContentNamespace.ToClient(trees[i]).WriteTo(output, Namespaces.Client);
            }
            rewritten.Add(new RawChild(InClient(child.Name), start, output.WrittenCount - start));
        }
        output.Write(content[copied..]);
        return new StanzaContent(output.WrittenMemory, [.. rewritten], tag);
    }
}
