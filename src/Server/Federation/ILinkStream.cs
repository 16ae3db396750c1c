namespace PresenceXml.Server.Federation;

/// <summary>
/// A stream on which stanzas may be sent for a pair of domains: one that was opened for it, or one that the other server opened and lets us
/// use (XEP-0288). A stream carries one link at most.
/// </summary>
internal interface ILinkStream : IAsyncDisposable
{
    /// <summary>True when the other side's stream management takes our stanzas (XEP-0198): what was not acknowledged is known to the stanza.</summary>
    bool IsManaged { get; }

    /// <summary>
    /// Of a stream that took up a lost one, or heard of it what was handled (<c>h</c>, also in <c>&lt;failed/&gt;</c>): how many of the lost stream's
    /// unconfirmed stanzas, from the oldest, have arrived. Null when nobody could say.
    /// </summary>
    int? HandledBefore { get; }

    /// <summary>How it was proven, and what it can do; null when that is not told.</summary>
    LinkManner? Manner => null;

    /// <summary>True of a stream that the other server took up instead of <paramref name="lost"/>: <see cref="HandledBefore"/> counts what that one carried.</summary>
    bool IsAfter(ILinkStream lost) => false;

    /// <summary>
    /// Sends what the link has, in its order, until one of both ends; tells the link what left and what arrived. Never throws.
    /// </summary>
    /// <param name="traffic">The link.</param>
    /// <param name="cancel">The link is closed: what was read is sent, then the stream is ended in good order.</param>
    Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel);
}
