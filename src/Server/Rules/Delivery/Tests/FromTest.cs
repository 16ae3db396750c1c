using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>Who sent it, or who invites (<see cref="OfInviter"/>; never holds where nobody invites). All that is given must hold.</summary>
internal sealed record FromTest : DeliveryTest
{
    /// <summary>A bare address with all its resources, or a full one.</summary>
    public Jid? Jid { get; init; }

    /// <summary>A domain; with <c>*.</c> before it every domain below it, and not itself.</summary>
    public string? Domain { get; init; }

    /// <summary>A group of the roster.</summary>
    public string? Group { get; init; }

    /// <summary>none, to, from or both (RFC 6121 §2.1.2.5); one who is not in the roster has none.</summary>
    public string? Subscription { get; init; }

    /// <summary>See <see cref="DeliveryQuestion.IsStranger"/>.</summary>
    public bool? IsStranger { get; init; }

    /// <summary>A stranger of whom nothing came before.</summary>
    public bool? IsFirst { get; init; }

    public bool OfInviter { get; init; }

    /// <summary>True when it asks with whom the account has written.</summary>
    public bool UsesNotes => IsStranger is not null || IsFirst is not null;

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        if ((OfInviter ? question.Inviter : question.From) is not { } who)
            return false;
        Jid bare = who.Bare;
        if (Jid is { } jid && jid != (jid.IsFull ? who : bare))
            return false;
        if (Domain is { } domain && !(domain.StartsWith("*.", StringComparison.Ordinal)
            ? who.Domain.EndsWith(domain[1..], StringComparison.Ordinal)
            : who.Domain == domain))
            return false;
        RosterItem? item = Group is null && Subscription is null ? null : question.Contact(who);
        if (Group is { } group && item?.Groups.Contains(group) != true)
            return false;
        if (Subscription is { } subscription && subscription != SubscriptionOf(item))
            return false;
        if (IsStranger is not { } stranger && IsFirst is null)
            return true;
        bool isStranger = question.IsStranger(who);
        return (IsStranger is null || IsStranger == isStranger)
            && (IsFirst is null || IsFirst == (isStranger && !question.Surroundings.Heard(bare)));
    }

    public override Element ToElement() => Element(OfInviter ? "inviter" : "from",
        ("jid", Jid?.ToString()), ("domain", Domain), ("group", Group), ("subscription", Subscription),
        ("stranger", IsStranger is { } stranger ? Text(stranger) : null), ("first", IsFirst is { } first ? Text(first) : null));

    private static string SubscriptionOf(RosterItem? item) => item is null ? "none" : (item.State.HasTo(), item.State.HasFrom()) switch
    {
        (true, true) => "both",
        (true, false) => "to",
        (false, true) => "from",
        _ => "none",
    };
}
