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
#pragma warning disable CA1822 // Links are state; the callers hold an instance already.
    public StanzaError? TrySend(Stanza stanza) => stanza switch
    {
        Fetch or Iq { IsRequest: false } or { IsError: true } => null,
        _ => StanzaError.RemoteServerNotFound,
    };
#pragma warning restore CA1822
}
