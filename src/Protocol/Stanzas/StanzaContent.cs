using System.Buffers;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>
/// What lies between a stanza's tags, as bytes, with the name and range of each direct child; and what of the stanza's own tag is
/// neither head nor default namespace (foreign attributes, prefix declarations). Spliced, never set and restored.
/// </summary>
/// <remarks>
/// The bytes suit <c>jabber:client</c> and <c>jabber:server</c> alike: a direct child in either has no declaration of it and takes the
/// namespace of the stream it is written to (RFC 6120 §4.8.3). Such children are named here, and come as trees, in <c>jabber:client</c>.
/// </remarks>
public sealed class StanzaContent : IEquatable<StanzaContent>
{
    public static readonly StanzaContent Empty = new(ReadOnlyMemory<byte>.Empty, [], []);

    private readonly RawChild[] children;
    private readonly byte[] tag;

    // What the tag declares, once somebody asked: it may be long, and there may be many children to look at. Two threads may both make it.
    private NamespaceDeclaration[]? declared;

    /// <param name="bytes">What lies between the tags, in the form the remarks describe.</param>
    /// <param name="children">The direct children with their ranges in <paramref name="bytes"/>.</param>
    /// <param name="tag">Further attributes and declarations of the stanza's tag as XML, each with whitespace before it.</param>
    internal StanzaContent(ReadOnlyMemory<byte> bytes, RawChild[] children, byte[] tag)
    {
        Bytes = bytes;
        this.children = children;
        this.tag = tag;
    }

    /// <summary>Raw XML between the tags, in the namespace context of a <c>jabber:client</c> or <c>jabber:server</c> stanza.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The direct children in document order; their ranges lie in <see cref="Bytes"/>.</summary>
    public IReadOnlyList<RawChild> Children => children;

    /// <summary>Approximate bytes on the wire, for queue accounting.</summary>
    public int Length => Bytes.Length + tag.Length;

    /// <summary>Further attributes and declarations of the stanza's tag as XML, each with whitespace before it.</summary>
    internal ReadOnlySpan<byte> Tag => tag;

    /// <summary>The content that consists of these elements.</summary>
    public static StanzaContent Of(params ReadOnlySpan<Element> children)
    {
        StanzaContent content = Empty;
        foreach (Element child in children) content = content.With(child);
        return content;
    }

    /// <summary>True when a direct child has this name; <paramref name="ns"/> null stands for the content namespace (client or server).</summary>
    public bool Has(string? ns, string name) => IndexOf(ns, name) >= 0;

    /// <summary>The first direct child of this name as a tree, or null.</summary>
    public Element? Find(string? ns, string name) => IndexOf(ns, name) is >= 0 and int index ? Child(index) : null;

    /// <summary>Child number <paramref name="index"/> as a tree.</summary>
    public Element Child(int index) => Child(children[index]);

    /// <summary>One of <see cref="Children"/> as a tree.</summary>
    public Element Child(RawChild child) => ElementReader.Read(Bytes.Span.Slice(child.Start, child.Length), Scope());

    /// <summary>True when one of <see cref="Children"/> has an attribute of this name, in no namespace, that is not empty; makes no tree.</summary>
    public bool HasAttribute(RawChild child, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> bytes = Bytes.Span.Slice(child.Start, child.Length);
        byte quote = 0;
        bytes = bytes[..(1 + XmlTag.FindEnd(bytes[1..], ref quote))];
        XmlTag parsed = default;
        parsed.Parse(bytes, 0);
        foreach (RawAttribute attribute in parsed.Attributes)
            if (attribute.ValueLength > 0 && attribute.Name(bytes).SequenceEqual(name)) return true;
        return false;
    }

    /// <summary>The text of the first direct child of this name in the content namespace, or null.</summary>
    public string? Text(string name) => IndexOf(null, name) is >= 0 and int index ? Text(children[index]) : null;

    /// <summary>The direct text of one of <see cref="Children"/>, joined; makes no tree unless there is more than text in it.</summary>
    public string Text(RawChild child)
    {
        ReadOnlySpan<byte> bytes = Bytes.Span.Slice(child.Start, child.Length);
        byte quote = 0;
        int start = 1 + XmlTag.FindEnd(bytes[1..], ref quote);
        if (bytes[start - 2] == '/') return "";
        bytes = bytes[start..bytes.LastIndexOf((byte)'<')];
        return bytes.Contains((byte)'<') ? Child(child).Text : XmlText.Decode(bytes);
    }

    /// <summary>A copy without the direct children for which <paramref name="cut"/> says so.</summary>
    public StanzaContent Without(Func<RawChild, StanzaContent, bool> cut)
    {
        ArgumentNullException.ThrowIfNull(cut);
        bool[]? away = null;
        for (int i = 0; i < children.Length; i++)
            if (cut(children[i], this)) (away ??= new bool[children.Length])[i] = true;
        if (away is null) return this;
        ArrayBufferWriter<byte> output = new(Bytes.Length + 1);
        List<RawChild> left = [];
        int copied = 0;
        for (int i = 0; i < children.Length; i++)
        {
            RawChild child = children[i];
            if (!away[i])
            {
                left.Add(child with { Start = child.Start - copied + output.WrittenCount });
                continue;
            }
            output.Write(Bytes.Span[copied..child.Start]);
            copied = child.Start + child.Length;
        }
        output.Write(Bytes.Span[copied..]);
        return new StanzaContent(output.WrittenMemory, [.. left], tag);
    }

    /// <summary>A copy with an element added at the end.</summary>
    public StanzaContent With(Element child)
    {
        ArgumentNullException.ThrowIfNull(child);
        child = ContentNamespace.ToClient(child);
        ArrayBufferWriter<byte> output = new(Bytes.Length + 256);
        output.Write(Bytes.Span);
        child.WriteTo(output, Namespaces.Client);
        return new StanzaContent(output.WrittenMemory, [.. children, new RawChild(child.Name, Bytes.Length, output.WrittenCount - Bytes.Length)], tag);
    }

    /// <summary>A copy with ready bytes of one element that declares every namespace it needs added at the end.</summary>
    public StanzaContent With(QName name, ReadOnlySpan<byte> xml)
    {
        if (ContentNamespace.Is(name.Namespace)) return With(Element.Parse(xml));
        byte[] joined = new byte[Bytes.Length + xml.Length];
        Bytes.Span.CopyTo(joined);
        xml.CopyTo(joined.AsSpan(Bytes.Length));
        return new StanzaContent(joined, [.. children, new RawChild(name, Bytes.Length, xml.Length)], tag);
    }

    /// <summary>Equal when the bytes are.</summary>
    public bool Equals(StanzaContent? other) => other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span) && tag.AsSpan().SequenceEqual(other.tag);

    public override bool Equals(object? obj) => Equals(obj as StanzaContent);

    public override int GetHashCode()
    {
        HashCode hash = new();
        hash.AddBytes(Bytes.Span);
        hash.AddBytes(tag);
        return hash.ToHashCode();
    }

    public override string ToString() => System.Text.Encoding.UTF8.GetString(Bytes.Span);

    private int IndexOf(string? ns, string name)
    {
        if (ns is null or Namespaces.Server or Namespaces.Component) ns = Namespaces.Client;
        for (int i = 0; i < children.Length; i++)
            if (children[i].Name.Name == name && children[i].Name.Namespace == ns) return i;
        return -1;
    }

    /// <summary>The namespaces in force between the stanza's tags.</summary>
    private NamespaceScope Scope()
    {
        NamespaceScope scope = new();
        foreach (NamespaceDeclaration declaration in declared ??= Declared()) scope.Add(declaration);
        return scope;
    }

    private NamespaceDeclaration[] Declared()
    {
        NamespaceScope scope = new();
        scope.Add(new NamespaceDeclaration("", Namespaces.Client));
        if (tag.Length == 0) return scope.Declarations.ToArray();
        byte[] whole = [.. "<a"u8, .. tag, .. ">"u8];
        XmlTag parsed = default;
        parsed.Parse(whole, 0);
        scope.Declare(whole, parsed.Attributes, new NameTable(), 0);
        return scope.Declarations.ToArray();
    }
}
