using System.Text;
using System.Text.RegularExpressions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Testing;

/// <summary>Stanzas as tests write them: in <c>jabber:client</c> unless they say otherwise.</summary>
public static partial class Xml
{
    /// <summary>Parses one element whose tag need not declare <c>jabber:client</c>.</summary>
    public static Element Parse(string xml)
    {
        Match tag = Tag().Match(xml);
        return Element.Parse(tag.Value.Contains(" xmlns=", StringComparison.Ordinal)
            ? xml
            : xml.Insert(tag.Groups[1].Index + tag.Groups[1].Length, $" xmlns='{Namespaces.Client}'"));
    }

    /// <summary>
    /// Null when <paramref name="actual"/> has the name, every attribute, the text and, for each child, a child of its own that matches so;
    /// otherwise what is missing. An attribute expected as <c>''</c> must be absent.
    /// </summary>
    public static string? Mismatch(Element expected, Element actual)
    {
        if (expected.Name != actual.Name)
            return $"<{actual.Name}> is not <{expected.Name}>";
        foreach (XmlAttribute attribute in expected.Attributes)
        {
            string? value = actual.Attribute(attribute.Name);
            if ((value ?? "") != attribute.Value)
                return $"{attribute.Name}='{value}' of <{actual.LocalName}> is not '{attribute.Value}'";
        }
        if (expected.Text.Trim().Length > 0 && expected.Text != actual.Text)
            return $"\"{actual.Text}\" in <{actual.LocalName}> is not \"{expected.Text}\"";
        List<Element> left = [.. actual.Children];
        foreach (Element child in expected.Children)
        {
            int index = left.FindIndex(candidate => Mismatch(child, candidate) is null);
            if (index < 0)
                return $"<{actual.LocalName}> has no {child}";
            left.RemoveAt(index);
        }
        return null;
    }

    internal static byte[] ToBytes(string xml) => Encoding.UTF8.GetBytes(xml);

    [GeneratedRegex("^\\s*<([A-Za-z:]+)[^>]*>")]
    private static partial Regex Tag();
}
