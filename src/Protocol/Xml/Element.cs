using System.Buffers;
using System.Collections;
using System.Text;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Protocol.Xml;

/// <summary>One attribute; a namespace declaration is not an attribute here.</summary>
public readonly record struct XmlAttribute(QName Name, string Value)
{
    /// <summary>An attribute in no namespace.</summary>
    public XmlAttribute(string name, string value) : this(new QName("", name), value) { }

    /// <summary><c>xml:lang</c> (XML 1.0 §2.12).</summary>
    public static XmlAttribute Lang(string value) => new(new QName(Namespaces.Xml, "lang"), value);
}

/// <summary>An immutable XML element: a name, attributes, and nodes (each a string of text or an element) in document order.</summary>
public sealed class Element
{
    /// <summary>What <see cref="Parse(ReadOnlySpan{byte})"/> takes; generous, because its input is our own or was bounded before.</summary>
    private static readonly XmlLimits ParseLimits = new(0, 512, 0);

    private readonly XmlAttribute[] attributes;
    private readonly object[] nodes;

    /// <summary>Builds an element. <paramref name="nodes"/>: <see cref="XmlAttribute"/>, <see cref="string"/> (text), <see cref="Element"/>, null (ignored) or a sequence of these.</summary>
    /// <exception cref="ArgumentException">A name is no NCName, an attribute is given twice, or a node is of another type.</exception>
    public Element(string ns, string name, params ReadOnlySpan<object?> nodes)
    {
        Name = new QName(ns, name);
        CheckName(name);
        List<XmlAttribute> attributeList = [];
        List<object> nodeList = [];
        foreach (object? node in nodes) Add(node, attributeList, nodeList);
        attributes = [.. attributeList];
        this.nodes = [.. nodeList];
    }

    internal Element(QName name, XmlAttribute[] attributes, object[] nodes)
    {
        Name = name;
        this.attributes = attributes;
        this.nodes = nodes;
    }

    public QName Name { get; }
    public string Namespace => Name.Namespace;
    public string LocalName => Name.Name;
    public IReadOnlyList<XmlAttribute> Attributes => attributes;

    /// <summary>Text and elements in document order: each is a <see cref="string"/> or an <see cref="Element"/>.</summary>
    public IReadOnlyList<object> Nodes => nodes;
    public IEnumerable<Element> Children => nodes.OfType<Element>();

    /// <summary>The direct text, joined; "" when there is none.</summary>
    public string Text => nodes.Length switch
    {
        0 => "",
        1 => nodes[0] as string ?? "",
        _ => string.Concat(nodes.OfType<string>()),
    };

    /// <summary>An attribute in no namespace, or null.</summary>
    public string? this[string attribute] => Attribute(new QName("", attribute));

    /// <summary>The value of an attribute, or null.</summary>
    public string? Attribute(QName name)
    {
        foreach (XmlAttribute attribute in attributes)
            if (attribute.Name == name) return attribute.Value;
        return null;
    }

    /// <summary>The first child of this name, or null.</summary>
    public Element? Child(string ns, string name)
    {
        foreach (object node in nodes)
            if (node is Element child && child.Is(ns, name)) return child;
        return null;
    }

    public bool Is(string ns, string name) => Name.Name == name && Name.Namespace == ns;

    /// <summary>Copies with one attribute (no namespace) set, or removed when <paramref name="value"/> is null.</summary>
    public Element With(string attribute, string? value)
    {
        CheckName(attribute);
        QName name = new("", attribute);
        int index = Array.FindIndex(attributes, candidate => candidate.Name == name);
        XmlAttribute[] changed = (index, value) switch
        {
            (-1, null) => attributes,
            (-1, _) => [.. attributes, new XmlAttribute(name, value)],
            (_, null) => [.. attributes[..index], .. attributes[(index + 1)..]],
            _ => [.. attributes[..index], new XmlAttribute(name, value), .. attributes[(index + 1)..]],
        };
        return new Element(Name, changed, nodes);
    }

    /// <summary>Copies with a node added at the end; <paramref name="node"/> as for the constructor.</summary>
    public Element With(object node)
    {
        List<XmlAttribute> attributeList = [.. attributes];
        List<object> nodeList = [.. nodes];
        Add(node, attributeList, nodeList);
        return new Element(Name, [.. attributeList], [.. nodeList]);
    }

    /// <summary>
    /// Parses exactly one element with all its declarations, whitespace around it allowed; throws <see cref="FormatException"/> on
    /// anything else, and where it is nested deeper than 512.
    /// </summary>
    public static Element Parse(ReadOnlySpan<byte> utf8)
    {
        var input = new ReadOnlySequence<byte>(utf8.ToArray());
        var decoder = new StreamDecoder(ParseLimits, StreamContext.None);
        try
        {
            if (!decoder.TryRead(ref input, out StreamEvent next) || next.Element is null) throw new FormatException("no complete XML element");
            if (decoder.TryRead(ref input, out _) || !input.IsEmpty) throw new FormatException("more than one XML element");
            return next.Element.ToElement();
        }
        catch (StreamException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static Element Parse(string xml) => Parse(Encoding.UTF8.GetBytes(xml));

    /// <summary>
    /// Writes with default <c>xmlns</c> declarations, never prefixes for elements (client-needs: loudmouth closes on them); declares only what differs from <paramref name="defaultNamespace"/>.
    /// Characters that XML cannot carry are written as U+FFFD.
    /// </summary>
    public void WriteTo(IBufferWriter<byte> output, string defaultNamespace = "")
    {
        XmlOutput xml = new(output);
        ElementWriter.Write(ref xml, this, defaultNamespace);
        xml.Flush();
    }

    /// <summary>The element as XML text that stands alone.</summary>
    public override string ToString()
    {
        ArrayBufferWriter<byte> output = new();
        WriteTo(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void CheckName(string name)
    {
        if (!XmlChars.IsNCName(name)) throw new ArgumentException($"'{name}' is no XML name", nameof(name));
    }

    private static void Add(object? node, List<XmlAttribute> attributes, List<object> nodes)
    {
        switch (node)
        {
            case null or "":
                break;
            case XmlAttribute attribute:
                CheckName(attribute.Name.Name);
                if (attributes.Exists(other => other.Name == attribute.Name)) throw new ArgumentException($"attribute {attribute.Name} given twice", nameof(node));
                attributes.Add(attribute);
                break;
            // Adjacent text is one node, so that what is written reads back the same.
            case string text when nodes.Count > 0 && nodes[^1] is string before:
                nodes[^1] = before + text;
                break;
            case string or Element:
                nodes.Add(node);
                break;
            case IEnumerable sequence:
                foreach (object? item in sequence) Add(item, attributes, nodes);
                break;
            default:
                throw new ArgumentException($"{node.GetType()} is no XML node", nameof(node));
        }
    }
}
