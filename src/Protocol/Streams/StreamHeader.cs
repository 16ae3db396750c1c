using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>A stream header as received or to be sent (RFC 6120 §4.7).</summary>
public sealed record StreamHeader
{
    /// <summary>The content namespace: <c>jabber:client</c> or <c>jabber:server</c> (RFC 6120 §4.8.2), or <c>jabber:component:accept</c> (XEP-0114).</summary>
    public required string ContentNamespace { get; init; }
    public string? From { get; init; }
    public string? To { get; init; }
    public string? Id { get; init; }
    public string? Lang { get; init; }

    /// <summary>"major.minor", null when absent, which means 0.9 (RFC 6120 §4.7.5).</summary>
    public string? Version { get; init; }

    /// <summary>Further prefixes that the header declares, beside <c>stream</c> and the default namespace (server dialback: <c>db</c>, XEP-0220).</summary>
    public IReadOnlyList<NamespaceDeclaration> Declarations { get; init; } = [];

    /// <summary>Writes the XML declaration and the opening tag; absent attributes are left out.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        XmlOutput xml = new(output);
        xml.Write("<?xml version='1.0'?><stream:stream"u8);
        xml.Attribute(" xmlns='"u8, ContentNamespace);
        xml.Attribute(" xmlns:stream='"u8, Namespaces.Streams);
        foreach (NamespaceDeclaration declaration in Declarations)
        {
            xml.Write(" xmlns:"u8);
            xml.Text(declaration.Prefix);
            xml.Attribute("='"u8, declaration.Namespace);
        }
        xml.Attribute(" from='"u8, From);
        xml.Attribute(" to='"u8, To);
        xml.Attribute(" id='"u8, Id);
        xml.Attribute(" version='"u8, Version);
        xml.Attribute(" xml:lang='"u8, Lang);
        xml.Write(">"u8);
        xml.Flush();
    }
}
