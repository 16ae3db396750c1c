using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>A stream error (RFC 6120 §4.9). The catalogue holds every defined condition (§4.9.3).</summary>
/// <param name="Condition">The name of the defined condition.</param>
/// <param name="Text">An English sentence for people, or null.</param>
/// <param name="AppCondition">A condition of an application, in its own namespace, or null.</param>
public sealed record StreamError(string Condition, string? Text = null, Element? AppCondition = null)
{
    /// <summary>The XML cannot be processed and no sharper condition fits (§4.9.3.1).</summary>
    public static readonly StreamError BadFormat = new("bad-format");

    /// <summary>A prefix that is not supported, or none where one is needed, on an element such as the root (§4.9.3.2).</summary>
    public static readonly StreamError BadNamespacePrefix = new("bad-namespace-prefix");

    /// <summary>A new stream replaces this one, or the peer has too many streams (§4.9.3.3).</summary>
    public static readonly StreamError Conflict = new("conflict");

    /// <summary>The peer no longer reacts to data, pings or requests for acknowledgement (§4.9.3.4).</summary>
    public static readonly StreamError ConnectionTimeout = new("connection-timeout");

    /// <summary>The header's <c>to</c> is a domain that is no longer served here (§4.9.3.5).</summary>
    public static readonly StreamError HostGone = new("host-gone");

    /// <summary>The header's <c>to</c> is a domain that is not served here (§4.9.3.6).</summary>
    public static readonly StreamError HostUnknown = new("host-unknown");

    /// <summary>A stanza between servers has no <c>to</c> or <c>from</c>, or an illegal one (§4.9.3.7).</summary>
    public static readonly StreamError ImproperAddressing = new("improper-addressing");

    /// <summary>Our own fault (§4.9.3.8).</summary>
    public static readonly StreamError InternalServerError = new("internal-server-error");

    /// <summary>A <c>from</c> that does not match the authorised or validated identity (§4.9.3.9).</summary>
    public static readonly StreamError InvalidFrom = new("invalid-from");

    /// <summary>The stream namespace is another, or the content namespace is not supported (§4.9.3.10).</summary>
    public static readonly StreamError InvalidNamespace = new("invalid-namespace");

    /// <summary>XML that a validating server finds invalid by a schema (§4.9.3.11).</summary>
    public static readonly StreamError InvalidXml = new("invalid-xml");

    /// <summary>Data before authentication or authorisation, or an action that is not permitted (§4.9.3.12).</summary>
    public static readonly StreamError NotAuthorized = new("not-authorized");

    /// <summary>Not well-formed as XML, or as XML with namespaces (§4.9.3.13).</summary>
    public static readonly StreamError NotWellFormed = new("not-well-formed");

    /// <summary>A local policy was violated, such as a limit of size (§4.9.3.14).</summary>
    public static readonly StreamError PolicyViolation = new("policy-violation");

    /// <summary>A third host that is needed for authentication cannot be reached (§4.9.3.15).</summary>
    public static readonly StreamError RemoteConnectionFailed = new("remote-connection-failed");

    /// <summary>The stream has to be negotiated anew (§4.9.3.16).</summary>
    public static readonly StreamError Reset = new("reset");

    /// <summary>The server lacks resources for this stream (§4.9.3.17).</summary>
    public static readonly StreamError ResourceConstraint = new("resource-constraint");

    /// <summary>A comment, processing instruction, DTD or entity reference (§4.9.3.18, §11.1).</summary>
    public static readonly StreamError RestrictedXml = new("restricted-xml");

    /// <summary>The server is shutting down (§4.9.3.20).</summary>
    public static readonly StreamError SystemShutdown = new("system-shutdown");

    /// <summary>None of the others; only together with an application's condition (§4.9.3.21).</summary>
    public static readonly StreamError UndefinedCondition = new("undefined-condition");

    /// <summary>Another encoding than UTF-8 (§4.9.3.22, §11.6).</summary>
    public static readonly StreamError UnsupportedEncoding = new("unsupported-encoding");

    /// <summary>The receiver offers a mandatory feature that this side cannot negotiate (§4.9.3.23).</summary>
    public static readonly StreamError UnsupportedFeature = new("unsupported-feature");

    /// <summary>A first-level element of a kind that is not supported (§4.9.3.24).</summary>
    public static readonly StreamError UnsupportedStanzaType = new("unsupported-stanza-type");

    /// <summary>The header's version is not supported (§4.9.3.25).</summary>
    public static readonly StreamError UnsupportedVersion = new("unsupported-version");

    /// <summary>Character data of the condition itself: the other host of <c>see-other-host</c>.</summary>
    public string? ConditionText { get; init; }

    /// <summary>The peer is to connect to <paramref name="host"/>, a <c>host</c> or <c>host:port</c>, IPv6 in brackets (§4.9.3.19).</summary>
    public static StreamError SeeOtherHost(string host) => new("see-other-host") { ConditionText = host };

    /// <summary>The <c>stream:error</c> element with the prefix <c>stream</c>, as bytes.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        XmlOutput xml = new(output);
        xml.Write("<stream:error>"u8);
        ElementWriter.Write(ref xml, new Element(Namespaces.StreamErrors, Condition, ConditionText), "");
        if (Text is not null) ElementWriter.Write(ref xml, new Element(Namespaces.StreamErrors, "text", XmlAttribute.Lang("en"), Text), "");
        if (AppCondition is not null) ElementWriter.Write(ref xml, AppCondition, "");
        xml.Write("</stream:error>"u8);
        xml.Flush();
    }
}

/// <summary>Ends a stream with a stream error; thrown where it is found, caught once by the stream.</summary>
public sealed class StreamException(StreamError error) : Exception(error.Condition + (error.Text is null ? "" : ": " + error.Text))
{
    public StreamError Error { get; } = error;
}
