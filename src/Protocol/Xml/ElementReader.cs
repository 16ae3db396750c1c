using System.Runtime.CompilerServices;
using System.Text;

namespace PresenceXml.Protocol.Xml;

/// <summary>Builds trees from bytes that were checked to be well-formed.</summary>
internal ref struct ElementReader
{
    private readonly ReadOnlySpan<byte> xml;
    private readonly NamespaceScope scope;
    private readonly NameTable names;
    private XmlTag tag;
    private int position;

    private ElementReader(ReadOnlySpan<byte> xml, NamespaceScope scope)
    {
        this.xml = xml;
        this.scope = scope;
        names = new NameTable();
    }

    /// <summary>The element that <paramref name="xml"/> begins with, in the given scope.</summary>
    public static Element Read(ReadOnlySpan<byte> xml, NamespaceScope scope) => new ElementReader(xml, scope).Element();

    /// <summary>The attributes of the tag that <paramref name="tag"/> begins with.</summary>
    public static XmlAttribute[] Attributes(ReadOnlySpan<byte> tag, ReadOnlySpan<RawAttribute> attributes, NamespaceScope scope)
    {
        NameTable names = new();
        scope.Declare(tag, attributes, names, 0);
        return Attributes(tag, attributes, scope, names);
    }

    private static XmlAttribute[] Attributes(ReadOnlySpan<byte> tag, ReadOnlySpan<RawAttribute> attributes, NamespaceScope scope, NameTable names)
    {
        int count = 0;
        foreach (RawAttribute attribute in attributes)
            if (!attribute.IsDeclaration(tag)) count++;
        if (count == 0) return [];
        var result = new XmlAttribute[count];
        count = 0;
        foreach (RawAttribute attribute in attributes)
        {
            if (attribute.IsDeclaration(tag)) continue;
            string ns = attribute.PrefixLength == 0 ? "" : scope.Resolve(attribute.Prefix(tag));
            result[count++] = new XmlAttribute(new QName(ns, names.Get(attribute.Local(tag))), XmlText.DecodeValue(attribute.Value(tag)));
        }
        return result;
    }

    /// <summary>The element that begins at the position.</summary>
    private Element Element()
    {
        // The depth is bounded by the limits of whoever checked the bytes; without a bound this is a clean failure instead of a dead process.
        RuntimeHelpers.EnsureSufficientExecutionStack();
        byte quote = 0;
        int length = 1 + XmlTag.FindEnd(xml[(position + 1)..], ref quote);
        ReadOnlySpan<byte> bytes = xml.Slice(position, length);
        position += length;
        tag.Parse(bytes, 0);
        int before = scope.Count;
        scope.Declare(bytes, tag.Attributes, names, 0);
        QName name = new(scope.Resolve(tag.Prefix(bytes)), names.Get(tag.Local(bytes)));
        XmlAttribute[] attributes = Attributes(bytes, tag.Attributes, scope, names);
        object[] nodes = tag.IsEmpty ? [] : Nodes();
        scope.Cut(before);
        return new Element(name, attributes, nodes);
    }

    /// <summary>Everything up to the end tag of the current element, and that end tag.</summary>
    private object[] Nodes()
    {
        List<object>? nodes = null;
        object? only = null;
        StringBuilder? joined = null;
        string? text = null;
        while (true)
        {
            int length = xml[position..].IndexOf((byte)'<');
            if (length > 0) AddText(XmlText.Decode(xml.Slice(position, length)), ref text, ref joined);
            position += length;
            switch (xml[position + 1])
            {
                case (byte)'!':
                    position += "<![CDATA["u8.Length;
                    length = xml[position..].IndexOf("]]>"u8);
                    if (length > 0) AddText(XmlText.DecodeCData(xml.Slice(position, length)), ref text, ref joined);
                    position += length + 3;
                    break;
                case (byte)'/':
                    AddNode(joined?.ToString() ?? text, ref only, ref nodes);
                    position += xml[position..].IndexOf((byte)'>') + 1;
                    return nodes is not null ? [.. nodes] : only is not null ? [only] : [];
                default:
                    AddNode(joined?.ToString() ?? text, ref only, ref nodes);
                    (text, joined) = (null, null);
                    AddNode(Element(), ref only, ref nodes);
                    break;
            }
        }
    }

    private static void AddText(string piece, ref string? text, ref StringBuilder? joined)
    {
        if (text is null) text = piece;
        else (joined ??= new StringBuilder(text)).Append(piece);
    }

    private static void AddNode(object? node, ref object? only, ref List<object>? nodes)
    {
        if (node is null) return;
        if (nodes is not null) nodes.Add(node);
        else if (only is not null) nodes = [only, node];
        else only = node;
    }
}
