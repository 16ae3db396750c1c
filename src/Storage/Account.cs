using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Storage;

/// <summary>An account: who may log in, and with which salted keys.</summary>
/// <param name="Jid">Its bare JID.</param>
/// <param name="Created">When it was made.</param>
public sealed record Account(Jid Jid, DateTimeOffset Created)
{
    public IReadOnlyList<ScramKeys> Keys { get; init; } = [];

    /// <summary>True: kept, but nobody logs in.</summary>
    public bool Disabled { get; init; }

    /// <summary>True when it has every key that another state of it had, and so the same password: keys of further hashes may have come.</summary>
    public bool HasKeysOf(Account other) =>
        other.Keys.All(old => Keys.Any(key => key.Hash == old.Hash && key.StoredKey.Span.SequenceEqual(old.StoredKey.Span)));
}
