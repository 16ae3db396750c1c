using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>The two content namespaces, which mean the same on their two kinds of stream (RFC 6120 §4.8.3).</summary>
internal static class ContentNamespace
{
    public static bool Is(string ns) => ns is Namespaces.Client or Namespaces.Server;

    /// <summary>The same element in <c>jabber:client</c> where it was in <c>jabber:server</c>, with those children that follow it directly in it.</summary>
    public static Element ToClient(Element element) => element.Namespace != Namespaces.Server
        ? element
        : new Element(new QName(Namespaces.Client, element.LocalName), [.. element.Attributes],
            [.. element.Nodes.Select(node => node is Element child ? ToClient(child) : node)]);
}
