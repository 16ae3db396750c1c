using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Rules.Privacy;

/// <summary>One item of a privacy list (XEP-0016 1.7 §2.1). At most one of <see cref="Jid"/>, <see cref="Group"/>, <see cref="Subscription"/> is set; none: everybody.</summary>
/// <param name="Order">Its place: lower is asked first.</param>
/// <param name="IsAllowed">What it says of whom it matches.</param>
/// <param name="Kinds">What it is about.</param>
internal sealed record PrivacyItem(uint Order, bool IsAllowed, PrivacyKinds Kinds)
{
    public Jid? Jid { get; init; }

    /// <summary>A group of the owner's roster.</summary>
    public string? Group { get; init; }

    /// <summary>both, to, from or none.</summary>
    public string? Subscription { get; init; }

    /// <summary>Does it speak of this address?</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="contact">Its item on the owner's roster.</param>
    public bool Matches(Jid peer, RosterItem? contact)
    {
        if (Jid is not null)
            return Matches(peer);
        if (Group is not null)
            return contact is { InRoster: true } && contact.Groups.Contains(Group);
        return Subscription is null || Subscription == (contact?.State ?? SubscriptionState.None).ToAttribute();
    }

    // §2.1: a full address is that resource; a bare one any resource; a domain also its accounts and subdomains.
    private bool Matches(Jid peer)
    {
        if (Jid == peer || (Jid!.IsBare && Jid == peer.Bare))
            return true;
        if (Jid.HasLocal || Jid.IsFull)
            return false;
        string domain = peer.Domain;
        return domain == Jid.Domain
            || (domain.Length > Jid.Domain.Length && domain[^(Jid.Domain.Length + 1)] == '.' && domain.EndsWith(Jid.Domain, StringComparison.Ordinal));
    }
}
