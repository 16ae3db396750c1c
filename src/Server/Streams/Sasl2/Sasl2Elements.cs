using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Streams.Sasl;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>The elements of the extensible SASL profile (XEP-0388 1.0.4), of Bind 2 (XEP-0386 1.1.0) and of upgrades (XEP-0480 0.2.0).</summary>
internal static class Sasl2Elements
{
    public const string Ns = "urn:xmpp:sasl:2";
    public const string BindNs = "urn:xmpp:bind:0";
    public const string UpgradeNs = "urn:xmpp:sasl:upgrade:0";
    public const string ScramUpgradeNs = "urn:xmpp:scram-upgrade:0";

    /// <summary>What the features of a stream say.</summary>
    public static Element Authentication(IEnumerable<string> mechanisms, IEnumerable<Element> inline, IEnumerable<string> tasks) => new(Ns, "authentication",
        mechanisms.Select(static name => new Element(Ns, "mechanism", name)),
        new Element(Ns, "inline", inline),
        tasks.Select(static name => new Element(UpgradeNs, "upgrade", name)));

    /// <summary>XEP-0386 §3.1.</summary>
    public static Element Bind(IEnumerable<string> features) => new(BindNs, "bind",
        new Element(BindNs, "inline", features.Select(static name => new Element(BindNs, "feature", new XmlAttribute("var", name)))));

    public static Element Challenge(ReadOnlyMemory<byte> data) => new(Ns, "challenge", Convert.ToBase64String(data.Span));

    /// <summary>§2.6.1: who the client is now, and what came of its requests.</summary>
    public static Element Success(ReadOnlyMemory<byte> data, Jid identity, IEnumerable<Element> results) => new(Ns, "success",
        AdditionalData(data), new Element(Ns, "authorization-identifier", identity.ToString()), results);

    public static Element Failure(SaslFailure failure, string? text) => new(Ns, "failure",
        new Element(Namespaces.Sasl, failure.ToElementName()), text is null ? null : new Element(Ns, "text", text));

    /// <summary>§2.6.3: one thing is to be done before the success.</summary>
    public static Element Continue(ReadOnlyMemory<byte> data, string task, string text) => new(Ns, "continue",
        AdditionalData(data), new Element(Ns, "tasks", new Element(Ns, "task", task)), new Element(Ns, "text", text));

    /// <summary>XEP-0480 §3: what the client needs to derive its salted password.</summary>
    public static Element Salt(ReadOnlySpan<byte> salt, int iterations) => new(Ns, "task-data",
        new Element(ScramUpgradeNs, "salt", new XmlAttribute("iterations", iterations.ToString(CultureInfo.InvariantCulture)), Convert.ToBase64String(salt)));

    /// <summary>What an element carries (§2.4): base64 without exception; nothing when there is no element. Null when it is not base64.</summary>
    public static SaslData? Data(Element? element)
    {
        if (element is null) return new SaslData(null);
        if (element.Children.Any()) return null;
        return StrictBase64.TryDecode(Encoding.UTF8.GetBytes(element.Text), out byte[]? octets) ? new SaslData(octets) : null;
    }

    private static Element? AdditionalData(ReadOnlyMemory<byte> data) => data.IsEmpty ? null : new Element(Ns, "additional-data", Convert.ToBase64String(data.Span));
}
