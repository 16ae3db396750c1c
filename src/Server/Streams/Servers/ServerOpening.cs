using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What the header of a server that connected to us comes to: the answer to send, and the error to end with, if any (RFC 6120 §4.7, §4.9.1).</summary>
/// <param name="Response">Our own header; always sent, also before an error.</param>
/// <param name="Error">Why the stream cannot be opened; null when it can.</param>
internal sealed record ServerOpening(StreamHeader Response, StreamError? Error)
{
    /// <summary>The domain of ours that is wanted; "" with an error.</summary>
    public string Local { get; private init; } = "";

    /// <summary>Who it says it is; null when it says nothing, which it may before TLS, and where it only verifies a key (RFC 6120 §4.7.1).</summary>
    public string? Remote { get; private init; }

    /// <summary>The default language of what it sends (RFC 6120 §4.7.4); null when it named none.</summary>
    public string? Lang { get; private init; }

    /// <summary>The header of a stream of which nothing could be read.</summary>
    public static StreamHeader Unread(LocalDomains domains) => ServerElements.Header(domains.All[0].Domain, null, HeaderFields.NewId(), "1.0");

    public static ServerOpening Of(StreamHeader header, LocalDomains domains, DomainPolicies policies)
    {
        Jid? from = null;
        bool isDomain = header.From is null || (Jid.TryParse(header.From, out from) && from is { HasLocal: false, IsBare: true });
        bool served = HeaderFields.TryFind(header.To, domains, out string? local, withComponents: true);
        bool understood = HeaderFields.TryVersion(header.Version, out bool old);
        StreamError? error = header.ContentNamespace != Namespaces.Server ? StreamError.InvalidNamespace
            : !served ? StreamError.HostUnknown
            // RFC 6120 §4.9.3.9. Nobody else speaks for what is ours.
            : !isDomain || (from is not null && domains.Serves(from)) ? StreamError.InvalidFrom
            : from is not null && policies.Of(from.Domain) == DomainPolicy.Deny ? StreamError.PolicyViolation with { Text = $"Nothing is exchanged with {from.Domain} here." }
            : !understood ? StreamError.UnsupportedVersion
            : null;
        string? remote = isDomain ? from?.Domain : null;
        StreamHeader response = ServerElements.Header(local ?? domains.All[0].Domain, remote, HeaderFields.NewId(), old ? null : "1.0");
        return new ServerOpening(response, error) { Local = error is null ? local! : "", Remote = remote, Lang = HeaderFields.Language(header.Lang) };
    }
}
