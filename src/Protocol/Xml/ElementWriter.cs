using System.Runtime.CompilerServices;

namespace PresenceXml.Protocol.Xml;

/// <summary>Writes trees: elements without prefixes (but for <c>xml:</c>), attributes in a namespace with one declared beside them.</summary>
internal static class ElementWriter
{
    public static void Write(ref XmlOutput output, Element element, string defaultNamespace)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        // Namespaces in XML 1.0 §3: this one has its prefix and must never be the default, or the reader's stream ends; strangers do send it.
        ReadOnlySpan<byte> prefix = element.Namespace == Namespaces.Xml ? "xml:"u8 : default;
        string inherited = prefix.IsEmpty ? element.Namespace : defaultNamespace;
        output.Write("<"u8);
        output.Write(prefix);
        output.Text(element.LocalName);
        if (inherited != defaultNamespace) output.Attribute(" xmlns='"u8, inherited);
        int generated = 0;
        foreach (XmlAttribute attribute in element.Attributes) Attribute(ref output, attribute, ref generated);
        if (element.Nodes.Count == 0)
        {
            output.Write("/>"u8);
            return;
        }
        output.Write(">"u8);
        foreach (object node in element.Nodes)
        {
            if (node is Element child) Write(ref output, child, inherited);
            else output.Escaped((string)node, value: false);
        }
        output.Write("</"u8);
        output.Write(prefix);
        output.Text(element.LocalName);
        output.Write(">"u8);
    }

    private static void Attribute(ref XmlOutput output, XmlAttribute attribute, ref int generated)
    {
        output.Write(" "u8);
        if (attribute.Name.Namespace == Namespaces.Xml)
        {
            output.Write("xml:"u8);
        }
        else if (attribute.Name.Namespace.Length > 0)
        {
            string prefix = $"ns{++generated}";
            output.Write("xmlns:"u8);
            output.Text(prefix);
            output.Attribute("='"u8, attribute.Name.Namespace);
            output.Write(" "u8);
            output.Text(prefix);
            output.Write(":"u8);
        }
        output.Text(attribute.Name.Name);
        output.Attribute("='"u8, attribute.Value);
    }
}
