using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Rules.Privacy;

/// <summary>A privacy list (XEP-0016 1.7). Immutable.</summary>
/// <param name="Name">As its owner named it.</param>
/// <param name="Items">By ascending order.</param>
internal sealed record PrivacyList(string Name, ImmutableArray<PrivacyItem> Items)
{
    /// <summary>The first item that matches decides; where none does, all is allowed (§2.2).</summary>
    public bool Denies(PrivacyKinds kind, Jid peer, RosterItem? contact)
    {
        foreach (PrivacyItem item in Items)
        {
            if ((item.Kinds & kind) != 0 && item.Matches(peer, contact))
                return !item.IsAllowed;
        }
        return false;
    }

    /// <summary>True when what it says depends on the roster.</summary>
    public bool UsesContacts => Items.Any(static item => item.Group is not null || item.Subscription is not null);
}
