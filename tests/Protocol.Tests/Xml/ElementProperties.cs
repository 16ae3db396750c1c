using FsCheck;
using FsCheck.Fluent;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Xml;

public sealed class ElementProperties
{
    private static readonly Gen<string> Names = Gen.Elements("a", "body", "x-y.z", "_", "\u00E9", "\u65E5\u672C", "xmlish");
    private static readonly Gen<string> Spaces = Gen.Elements("", "jabber:client", "jabber:server", "urn:a", "urn:b&'", "urn:\u00FC");
    private static readonly Gen<string> Texts = Gen.Elements("", " ", "text", "<&>'\"", "]]>", "\r\n\t", "\u00E9\U0001F600\uFFFD", "&amp;", "<![CDATA[x]]>").ListOf().Select(string.Concat);

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property What_is_written_reads_back_the_same() => Prop.ForAll(Elements(4).ToArbitrary(), element =>
        Same(Element.Parse(element.ToString()), element) && Element.Parse(element.ToString()).ToString() == element.ToString());

    private static Gen<Element> Elements(int depth)
    {
        Gen<object?> attribute = from name in Names from ns in Gen.Elements("", "urn:a", "urn:c", Namespaces.Xml) from value in Texts select (object?)new XmlAttribute(new QName(ns, name), value);
        Gen<object?> text = Texts.Select(value => (object?)value);
        Gen<object?> node = depth == 0 ? text : Gen.OneOf(text, Elements(depth - 1).Select(child => (object?)child));
        return from ns in Spaces
               from name in Names
               from attributes in attribute.ListOf().Resize(3)
               from nodes in node.ListOf().Resize(3)
               select new Element(ns, name, [.. attributes.DistinctBy(item => ((XmlAttribute)item!).Name), .. nodes]);
    }

    private static bool Same(Element left, Element right) =>
        left.Name == right.Name && left.Attributes.SequenceEqual(right.Attributes) && left.Nodes.Count == right.Nodes.Count
        && left.Nodes.Zip(right.Nodes).All(pair => pair is (Element a, Element b) ? Same(a, b) : pair.First.Equals(pair.Second));
}
