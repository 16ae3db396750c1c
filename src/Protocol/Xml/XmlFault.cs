using PresenceXml.Protocol.Streams;

namespace PresenceXml.Protocol.Xml;

/// <summary>What the tokenizer finds wrong, as the stream errors it leads to. The texts never repeat input.</summary>
internal static class XmlFault
{
    /// <summary>RFC 6120 §4.9.3.13, §11.3.</summary>
    public static StreamException NotWellFormed(string text) => new(StreamError.NotWellFormed with { Text = text });

    /// <summary>RFC 6120 §4.9.3.18, §11.1.</summary>
    public static StreamException Restricted(string text) => new(StreamError.RestrictedXml with { Text = text });

    /// <summary>RFC 6120 §4.9.3.22, §11.6: what is not UTF-8.</summary>
    public static StreamException Encoding() => new(StreamError.UnsupportedEncoding with { Text = "not UTF-8" });

    /// <summary>RFC 6120 §4.9.3.14: one of our <see cref="XmlLimits"/>.</summary>
    public static StreamException Limit(string text) => new(StreamError.PolicyViolation with { Text = text });
}
