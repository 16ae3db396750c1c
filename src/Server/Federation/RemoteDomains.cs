using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>
/// What goes to domains that are not ours. The seam where links to other servers come in: whoever sends there calls
/// <see cref="TrySend"/>, from inside a gate too, and a link queues. There are no links yet, so no other server can be found.
/// </summary>
public sealed class RemoteDomains
{
    /// <summary>
    /// Takes a stanza for another server; never waits. Null: it was taken, or nobody is to be told that it was not (an answer, or a fetch,
    /// which RFC 6121 §4.3 makes best effort). Otherwise what its sender is answered (RFC 6120 §10.4.3); a broadcast is not.
    /// </summary>
    public StanzaError? TrySend(Stanza stanza)
    {
        if (Taker is { } taker)
            return taker(stanza);
        return stanza switch
        {
            Fetch or Iq { IsRequest: false } or { IsError: true } => null,
            _ => StanzaError.RemoteServerNotFound,
        };
    }

    /// <summary>Takes everything instead of the links; for tests of the heart, which has no business with links.</summary>
    internal Func<Stanza, StanzaError?>? Taker { get; set; }
}
