using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>Reads the stream's opening tag (RFC 6120 §4.7, §4.8).</summary>
internal static class HeaderReader
{
    /// <summary>The one name of the root that is accepted.</summary>
    public static ReadOnlySpan<byte> Root => "stream:stream"u8;

    /// <exception cref="StreamException">The root is not <c>stream:stream</c> in its namespace, or the content namespace is no content namespace.</exception>
    public static (StreamHeader Header, StreamContext Context) Read(ReadOnlySpan<byte> bytes, in XmlTag tag, string ns, ReadOnlySpan<NamespaceDeclaration> declared)
    {
        // RFC 6120 §4.8.1
        if (ns != Namespaces.Streams) throw new StreamException(StreamError.InvalidNamespace with { Text = "the root is not in the stream namespace" });
        // RFC 6120 §4.8.5: only the prefix "stream" has to be accepted.
        if (!tag.Prefix(bytes).SequenceEqual("stream"u8)) throw new StreamException(StreamError.BadNamespacePrefix with { Text = "the root has not the prefix stream" });
        if (!tag.Name(bytes).SequenceEqual(Root)) throw new StreamException(StreamError.BadFormat with { Text = "the root is not a stream" });
        string content = "";
        List<NamespaceDeclaration> others = [];
        foreach (NamespaceDeclaration declaration in declared)
        {
            if (declaration.Prefix.Length == 0) content = declaration.Namespace;
            else if (declaration.Prefix is not ("stream" or "xml")) others.Add(declaration);
        }
        // RFC 6120 §4.8.2, §4.8.3
        if (content is not (Namespaces.Client or Namespaces.Server or Namespaces.Component))
            throw new StreamException(StreamError.InvalidNamespace with { Text = "the content namespace is none of jabber:client, jabber:server and jabber:component:accept" });
        StreamHeader header = new() { ContentNamespace = content, Declarations = others };
        foreach (RawAttribute attribute in tag.Attributes)
        {
            string value = XmlText.DecodeValue(attribute.Value(bytes));
            ReadOnlySpan<byte> name = attribute.Name(bytes);
            if (name.SequenceEqual("to"u8)) header = header with { To = value };
            else if (name.SequenceEqual("from"u8)) header = header with { From = value };
            else if (name.SequenceEqual("id"u8)) header = header with { Id = value };
            else if (name.SequenceEqual("version"u8)) header = header with { Version = value };
            else if (name.SequenceEqual("xml:lang"u8)) header = header with { Lang = value };
        }
        return (header, new StreamContext(content, declared.ToArray()));
    }
}
