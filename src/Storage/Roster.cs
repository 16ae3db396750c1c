using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Storage;

/// <summary>A roster with what versioning needs (RFC 6121 §2.6).</summary>
/// <param name="Items">All items, also those not <see cref="RosterItem.InRoster"/>.</param>
/// <param name="Removed">Tombstones: contacts removed and the version of the removal, ascending by version (bounded in number).</param>
/// <param name="Version">The current version.</param>
/// <param name="OldestKnown">Versions below this cannot be brought up to date by pushes any more.</param>
public sealed record Roster(IReadOnlyList<RosterItem> Items, IReadOnlyList<KeyValuePair<Jid, long>> Removed, long Version, long OldestKnown)
{
    /// <summary>Random for each new roster; part of the version a client sees, so that a restored or re-created roster never answers to an old one.</summary>
    public string Epoch { get; init; } = "";
}
