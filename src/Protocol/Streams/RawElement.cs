using System.Text;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>A direct child of a first-level element: its name and where its bytes lie in <see cref="RawElement.Content"/>.</summary>
public readonly record struct RawChild(QName Name, int Start, int Length);

/// <summary>One complete first-level element with its own copy of the bytes it came in; already checked to be well-formed.</summary>
public sealed class RawElement
{
    private readonly byte[] bytes;
    private readonly RawAttribute[] attributes;
    private readonly RawChild[] children;
    private readonly int contentStart;
    private readonly int contentLength;
    private readonly ulong headerUsed;

    internal RawElement(QName name, byte[] bytes, RawAttribute[] attributes, RawChild[] children, int contentStart, int contentLength, StreamContext context, ulong headerUsed)
    {
        Name = name;
        this.bytes = bytes;
        this.attributes = attributes;
        this.children = children;
        this.contentStart = contentStart;
        this.contentLength = contentLength;
        this.headerUsed = headerUsed;
        Context = context;
    }

    public QName Name { get; }

    /// <summary>The attributes with their values as text; made anew by each call.</summary>
    public IReadOnlyList<XmlAttribute> Attributes => ElementReader.Attributes(bytes, attributes, Scope());

    /// <summary>The whole element as it came, its own tags included.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>The bytes between the element's tags.</summary>
    public ReadOnlyMemory<byte> Content => bytes.AsMemory(contentStart, contentLength);

    /// <summary>The direct children in document order.</summary>
    public IReadOnlyList<RawChild> Children => children;

    internal StreamContext Context { get; }
    internal RawAttribute[] RawAttributes => attributes;
    internal RawChild[] RawChildren => children;

    /// <summary>An attribute in no namespace, or null.</summary>
    public string? this[string attribute]
    {
        get
        {
            foreach (RawAttribute raw in attributes)
                if (raw.PrefixLength == 0 && NameTable.Same(raw.Name(bytes), attribute) && !raw.IsDefaultDeclaration(bytes)) return XmlText.DecodeValue(raw.Value(bytes));
            return null;
        }
    }

    /// <summary>The declarations of the stream header that the element leans on (RFC 6120 §4.8.5); the default namespace is not among them.</summary>
    internal IEnumerable<NamespaceDeclaration> HeaderDeclarations() => headerUsed == 0 ? [] : Context.Declarations.Where((_, i) => (headerUsed & 1UL << i) != 0);

    /// <summary>The element as a tree.</summary>
    public Element ToElement() => ElementReader.Read(bytes, Scope());

    public override string ToString() => Encoding.UTF8.GetString(bytes);

    private NamespaceScope Scope()
    {
        NamespaceScope scope = new();
        foreach (NamespaceDeclaration declaration in Context.Declarations) scope.Add(declaration);
        return scope;
    }
}
