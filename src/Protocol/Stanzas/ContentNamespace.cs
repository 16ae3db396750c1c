using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>The content namespaces, which mean the same on their kinds of stream (RFC 6120 §4.8.3, XEP-0114 §3).</summary>
internal static class ContentNamespace
{
    public static bool Is(string ns) => ns is Namespaces.Client or Namespaces.Server or Namespaces.Component;

    /// <summary>The same element in <c>jabber:client</c> where it was in another, with those children that follow it directly in it.</summary>
    public static Element ToClient(Element element) => element.Namespace is not (Namespaces.Server or Namespaces.Component)
        ? element
        : new Element(new QName(Namespaces.Client, element.LocalName), [.. element.Attributes],
            [.. element.Nodes.Select(node => node is Element child ? ToClient(child) : node)]);
}
