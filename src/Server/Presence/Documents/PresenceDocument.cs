using PresenceXml.Protocol;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>PRESENCE INFORMATION (RFC 2778 §2.1) as one watcher may see it: never without a tuple. Immutable.</summary>
/// <param name="Presentity">Of whom.</param>
/// <param name="Tuples">The most open first.</param>
/// <param name="Stanzas">The same as notifications, for whoever speaks XMPP.</param>
public sealed record PresenceDocument(Jid Presentity, IReadOnlyList<PresenceTuple> Tuples, IReadOnlyList<Protocol.Stanzas.Presence> Stanzas)
{
    /// <summary>OPEN when one of the tuples is.</summary>
    public bool IsOpen => Tuples.Any(static tuple => tuple.IsOpen);
}
