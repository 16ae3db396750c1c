using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>What System.Xml.XmlReader, which shares no code with ours, thinks of the same bytes.</summary>
internal static partial class Oracle
{
    private static readonly Encoding Strict = new UTF8Encoding(false, throwOnInvalidBytes: true);

    /// <summary>Null when both agree or the bytes say nothing about it, else what they differ in.</summary>
    public static string? Disagreement(byte[] input)
    {
        StringBuilder ours = new();
        bool closed = false;
        string? error = null;
        int length = input.Length;
        StreamDecoder decoder = new(new XmlLimits(0, 0, 0));
        var buffer = new System.Buffers.ReadOnlySequence<byte>(input);
        try
        {
            while (!closed && decoder.TryRead(ref buffer, out StreamEvent next))
            {
                if (next.Element is not null) Describe(next.Element.ToElement(), ours);
                closed = next.Kind == StreamEventKind.Close;
            }
            length -= (int)buffer.Length;
        }
        catch (StreamException e)
        {
            error = e.Error.Condition;
        }
        // What is only forbidden by XMPP, or not finished, is no question for an XML parser.
        if (!closed && error != "not-well-formed") return null;
        if (input.AsSpan().StartsWith("\uFEFF"u8)) return null;
        // XmlReader looks at the first three characters of the version only: it takes 1.0t for 1.0.
        if (LongVersion().IsMatch(Encoding.Latin1.GetString(input, 0, Math.Min(input.Length, 256)))) return null;
        // The one kindness: we let white space stand before the declaration (StreamDecoder says for whom).
        string? theirs = Read(input.AsSpan(0, length).TrimStart(" \t\r\n"u8).ToArray(), out string? fault);
        if (error is not null) return theirs is null ? null : $"we say {error}, XmlReader takes it";
        if (theirs is null) return $"we take it, XmlReader says {fault}";
        return theirs == ours.ToString() ? null : $"we read\n{ours}\nXmlReader reads\n{theirs}";
    }

    [GeneratedRegex(@"^\s*<\?xml\s+version\s*=\s*(?:'1\.0[^']|""1\.0[^""])", RegexOptions.CultureInvariant)]
    private static partial Regex LongVersion();

    private static void Describe(Element element, StringBuilder text)
    {
        text.Append('<').Append(element.Name);
        foreach (Protocol.Xml.XmlAttribute attribute in element.Attributes) text.Append(' ').Append(attribute.Name).Append('=').Append(attribute.Value);
        text.Append('>');
        foreach (object node in element.Nodes)
        {
            if (node is Element child) Describe(child, text);
            else text.Append((string)node);
        }
        text.Append("</>");
    }

    private static string? Read(byte[] input, out string? fault)
    {
        StringBuilder text = new();
        try
        {
            using StreamReader decoded = new(new MemoryStream(input), Strict, detectEncodingFromByteOrderMarks: false);
            using XmlReader reader = XmlReader.Create(decoded, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            while (reader.Read())
            {
                if (reader.Depth == 0) continue;
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                        text.Append('<').Append(new QName(reader.NamespaceURI, reader.LocalName));
                        bool empty = reader.IsEmptyElement;
                        while (reader.MoveToNextAttribute())
                            if (reader.NamespaceURI != Namespaces.Xmlns) text.Append(' ').Append(new QName(reader.NamespaceURI, reader.LocalName)).Append('=').Append(reader.Value);
                        text.Append(empty ? "></>" : ">");
                        break;
                    case XmlNodeType.EndElement:
                        text.Append("</>");
                        break;
                    case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace when reader.Depth > 1:
                        text.Append(reader.Value);
                        break;
                }
            }
            fault = null;
            return text.ToString();
        }
        catch (Exception e) when (e is XmlException or DecoderFallbackException)
        {
            fault = e.Message;
            return null;
        }
    }
}
