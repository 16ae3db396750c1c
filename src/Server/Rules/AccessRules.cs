using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Rules;

/// <summary>
/// The one place that decides who may learn of a presentity (D5): broadcasts, probes, fetches, last activity, service discovery and vCards
/// ask here. The principal itself may; a watcher with a subscription (From or Both) or with directed presence may, unless a rule of the
/// account turns its fetches away (blocking does).
/// </summary>
public sealed class AccessRules(RuleChain rules)
{
    private static readonly Fetch Question = new();

    /// <summary>May this watcher learn of this presentity, by subscription or by directed presence of any resource?</summary>
    public bool MayLearn(Presentity presentity, Jid watcher) =>
        watcher.Bare == presentity.Address
        || ((IsSubscribed(presentity, watcher) || HasDirected(presentity, watcher)) && IsWelcome(presentity, watcher));

    /// <summary>As <see cref="MayLearn"/>, without directed presence: what a broadcast and a probe of the bare JID go by (RFC 6121 §4.3.2, §4.6.3).</summary>
    public bool MayWatch(Presentity presentity, Jid watcher) =>
        watcher.Bare == presentity.Address || (IsSubscribed(presentity, watcher) && IsWelcome(presentity, watcher));

    /// <summary>May this entity reach this one resource with a request (RFC 6121 §8.5.3.1)?</summary>
    public bool MayReach(ClientSession session, Jid other) =>
        other.Bare == session.Presentity.Address
        || ((IsSubscribed(session.Presentity, other) || HasDirected(session, other) || HasDirectedNear(session, other)) && IsWelcome(session.Presentity, other));

    /// <summary>Has this resource sent this entity directed presence that it has not taken back?</summary>
    internal static bool HasDirected(ClientSession session, Jid other) =>
        !session.Directed.IsEmpty && (session.Directed.Contains(other) || session.Directed.Contains(other.Bare));

    /// <summary>
    /// Has this resource sent directed presence to any resource of this bare address? What is sent to a room goes to all its occupants, who
    /// ask by way of it (XEP-0045 1.35, "Business Rules", IQ); another resource of the same person is the same person.
    /// </summary>
    internal static bool HasDirectedNear(ClientSession session, Jid other)
    {
        foreach (Jid directed in session.Directed)
        {
            if (directed.IsFull && directed.Bare == other.Bare)
                return true;
        }
        return false;
    }

    private static bool HasDirected(Presentity presentity, Jid other)
    {
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (HasDirected(session, other))
                return true;
        }
        return false;
    }

    /// <summary>Has this watcher a subscription, whether or not a rule turns it away at the moment?</summary>
    internal static bool IsSubscribed(Presentity presentity, Jid watcher) =>
        presentity.Contact(watcher.Bare) is { } item && Protocol.Roster.SubscriptionStates.HasFrom(item.State);

    private bool IsWelcome(Presentity presentity, Jid watcher)
    {
        Stanza question = Question;
        return rules.AskRecipient(presentity, watcher, ref question) is null;
    }
}
