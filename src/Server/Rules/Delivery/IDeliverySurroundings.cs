using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What tests may ask about the account whose rules they are, at this moment.</summary>
internal interface IDeliverySurroundings
{
    /// <summary>The account's own address.</summary>
    Jid Account { get; }

    /// <summary>The time by the server's clock.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Since when no resource is available; null while one is.</summary>
    DateTimeOffset? OfflineSince { get; }

    /// <summary>The contact's item, or null.</summary>
    RosterItem? Contact(Jid bare);

    /// <summary>Has a resource sent its presence there, as to a room it is in (RFC 6121 §4.6)?</summary>
    bool IsPresentTo(Jid bare);

    /// <summary>Has the account written to him, as far as that is remembered?</summary>
    bool Wrote(Jid bare);

    /// <summary>Has he written to the account before, as far as that is remembered?</summary>
    bool Heard(Jid bare);

    /// <summary>Is an available resource's presence of this show? Plain availability is <c>online</c>.</summary>
    bool Shows(string show);

    /// <summary>Stanzas of this sender within so much time, with the one in question.</summary>
    int Count(Jid sender, TimeSpan per);

    /// <summary>May he know that there is such an account, and what it does (D6)?</summary>
    bool MayLearn(Jid who);

    /// <summary>When this rule last answered this sender; null: never, as far as that is remembered.</summary>
    DateTimeOffset? Replied(string rule, Jid sender);
}
