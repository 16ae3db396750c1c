using System.Buffers;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Streams.Sasl;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What servers say to each other beside stanzas (RFC 6120 §5, §6; XEP-0178 1.2, XEP-0220 1.1.1 §2.4, XEP-0288 1.0.1).</summary>
internal static class ServerElements
{
    public const string BidiNs = "urn:xmpp:bidi";
    public const string BidiFeatureNs = "urn:xmpp:features:bidi";
    public const string DialbackFeatureNs = "urn:xmpp:features:dialback";
    public const string External = "EXTERNAL";

    /// <summary>Errors of dialback end no stream here.</summary>
    public static readonly Element DialbackFeature = new(DialbackFeatureNs, "dialback", new Element(DialbackFeatureNs, "errors"));

    public static readonly Element BidiFeature = new(BidiFeatureNs, "bidi");
    public static readonly Element Bidi = new(BidiNs, "bidi");
    public static readonly Element Mechanisms = SaslElements.Mechanisms([External]);
    public static readonly Element StartTls = new(Namespaces.Tls, "starttls");

    /// <summary>XEP-0178 §3 step 9: who we are says the certificate.</summary>
    public static readonly Element AuthExternal = new(Namespaces.Sasl, "auth", new XmlAttribute("mechanism", External), "=");

    /// <summary>A header of ours, with the prefix of dialback (XEP-0220 §2.4.1).</summary>
    /// <param name="from">Our domain.</param>
    /// <param name="to">Theirs; null when it is not known.</param>
    /// <param name="id">Of an answer; null at the beginning.</param>
    /// <param name="version">"1.0", or null in answer to none.</param>
    public static StreamHeader Header(string from, string? to, string? id, string? version) => new()
    {
        ContentNamespace = Namespaces.Server,
        Declarations = [DialbackElement.Declaration],
        From = from,
        To = to,
        Id = id,
        Lang = "en",
        Version = version,
    };

    /// <summary>An action that writes an element onto a stream between servers.</summary>
    public static Action<IBufferWriter<byte>> Writing(Element element) => output => element.WriteTo(output, Namespaces.Server);
}
