using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams;

/// <summary>What a client's stream header comes to: the answer to send, and the error to end with, if any (RFC 6120 §4.7, §4.9.1).</summary>
/// <param name="Response">Our own header; always sent, also before an error.</param>
/// <param name="Error">Why the stream cannot be opened; null when it can.</param>
internal sealed record StreamOpening(StreamHeader Response, StreamError? Error)
{
    /// <summary>The domain the client wants; null with an error.</summary>
    public string? Domain { get; private init; }

    /// <summary>The bare JID the client says it is; null when it said nothing of use.</summary>
    public Jid? Claimed { get; private init; }

    /// <summary>The default language of what the client sends on this stream (RFC 6120 §4.7.4); null when it named none.</summary>
    public string? Lang { get; private init; }

    /// <summary>True when features follow the header: not to a client of before XMPP 1.0 (RFC 6120 §4.7.5).</summary>
    public bool HasFeatures => Response.Version is not null;

    /// <summary>The header of a stream of which nothing could be read.</summary>
    public static StreamHeader Unread(LocalDomains domains) => Header(domains.All[0].Domain, null, "1.0");

    public static StreamOpening Of(StreamHeader header, LocalDomains domains)
    {
        Jid? claimed = header.From is string from && Jid.TryParse(from, out Jid? jid) && jid.HasLocal ? jid.Bare : null;
        bool served = HeaderFields.TryFind(header.To, domains, out string? domain);
        bool understood = HeaderFields.TryVersion(header.Version, out bool old);

        // RFC 6120 §4.8.2, §4.9.3.10; then the host, which the version may depend on.
        StreamError? error = header.ContentNamespace != Namespaces.Client ? StreamError.InvalidNamespace
            : !served ? StreamError.HostUnknown
            // RFC 6120 §4.9.3.9, XEP-0388 §2.1: an account is at home in the domain it speaks to.
            : claimed is not null && claimed.Domain != domain ? StreamError.InvalidFrom
            : !understood ? StreamError.UnsupportedVersion
            : null;
        // RFC 6120 §4.7.5: the lower of the two versions; none in answer to none.
        StreamHeader response = Header(domain ?? domains.All[0].Domain, claimed, old ? null : "1.0");
        return new StreamOpening(response, error) { Domain = error is null ? domain : null, Claimed = claimed, Lang = HeaderFields.Language(header.Lang) };
    }

    private static StreamHeader Header(string from, Jid? to, string? version) => new()
    {
        ContentNamespace = Namespaces.Client,
        From = from,
        To = to?.ToString(),
        Id = HeaderFields.NewId(),
        // RFC 6120 §4.7.4: our own texts are in English, so whatever was asked for, that is the match or the default.
        Lang = "en",
        Version = version,
    };
}
