using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>What all first-level elements of one stream have in common.</summary>
/// <param name="ContentNamespace">The default namespace of the stream (RFC 6120 §4.8.2).</param>
/// <param name="Declarations">What the stream header declares, the default namespace among it.</param>
internal sealed record StreamContext(string ContentNamespace, NamespaceDeclaration[] Declarations)
{
    /// <summary>For elements that stand alone.</summary>
    public static readonly StreamContext None = new("", []);

    /// <summary>For stanzas in their canonical form, which declare <c>jabber:client</c> themselves.</summary>
    public static readonly StreamContext Canonical = new(Namespaces.Client, []);
}
