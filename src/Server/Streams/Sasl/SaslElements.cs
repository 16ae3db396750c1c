using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>SASL's elements on the wire (RFC 6120 §6.4, XEP-0440).</summary>
internal static class SaslElements
{
    private const string ChannelBindingNs = "urn:xmpp:sasl-cb:0";

    public static Element Mechanisms(IEnumerable<string> names) =>
        new(Namespaces.Sasl, "mechanisms", names.Select(name => new Element(Namespaces.Sasl, "mechanism", name)));

    /// <summary>XEP-0440: what the <c>-PLUS</c> mechanisms can be bound to.</summary>
    public static Element ChannelBindings(string type) =>
        new(ChannelBindingNs, "sasl-channel-binding", new Element(ChannelBindingNs, "channel-binding", new XmlAttribute(new QName("", "type"), type)));

    public static Element Challenge(ReadOnlyMemory<byte> data) => new(Namespaces.Sasl, "challenge", Convert.ToBase64String(data.Span));

    /// <summary>RFC 6120 §6.4.6: no text at all when there is no additional data.</summary>
    public static Element Success(ReadOnlyMemory<byte> data) =>
        data.IsEmpty ? new(Namespaces.Sasl, "success") : new(Namespaces.Sasl, "success", Convert.ToBase64String(data.Span));

    public static Element Failure(SaslFailure failure, string? text = null)
    {
        var condition = new Element(Namespaces.Sasl, failure.ToElementName());
        if (text is null) return new Element(Namespaces.Sasl, "failure", condition);
        var told = new Element(Namespaces.Sasl, "text", new XmlAttribute(new QName(Namespaces.Xml, "lang"), "en"), text);
        return new Element(Namespaces.Sasl, "failure", condition, told);
    }

    /// <summary>What an element carries (RFC 6120 §6.3.5, §13.9.1); null when it is not base64.</summary>
    public static SaslData? Data(RawElement element)
    {
        if (element.Children.Count > 0) return null;
        string text = element.ToElement().Text;
        return text switch
        {
            "" => new SaslData(null),
            "=" => new SaslData([]),
            _ => StrictBase64.TryDecode(Encoding.UTF8.GetBytes(text), out byte[]? octets) ? new SaslData(octets) : null,
        };
    }
}
