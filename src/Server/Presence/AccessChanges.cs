using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Changes of what watchers may learn: of rules, roster groups, time, certainty. Whatever changes, each subscriber is told the difference between
/// what he saw and what he sees now (RFC 5025 §3.2.1), and what it makes of subscriptions is done.
/// </summary>
public sealed class AccessChanges(AccessRules access, PrivacyLists privacy, PresenceDelivery delivery, VirtualTuples tuples, TimeProvider clock)
{
    /// <summary>
    /// Makes a change and tells its difference. Under the gate; <paramref name="after"/> is to be delivered when the gate was left, and
    /// <paramref name="commit"/> awaited.
    /// </summary>
    /// <param name="presentity">Whose watchers they are.</param>
    /// <param name="watchers">Whom the change may concern; null: all.</param>
    /// <param name="change">Makes it. What it stores it puts into the batch.</param>
    /// <param name="after">Subscription stanzas that follow, with both addresses.</param>
    /// <param name="commit">When everything is durable.</param>
    internal void Apply(Presentity presentity, IReadOnlyCollection<Jid>? watchers, Action<StorageBatch> change, out List<Subscribe> after, out Task commit)
    {
        IReadOnlyList<SeenBy> before = Look(presentity, watchers);
        var batch = new StorageBatch();
        change(batch);
        Tell(presentity, before, batch, out after);
        commit = batch.IsEmpty ? presentity.LastCommit : presentity.Commit(batch);
    }

    /// <summary>As <see cref="Apply"/>, for a change of one contact's roster item: the watchers are told only where rules ask about roster items.</summary>
    internal void ApplyToContact(Presentity presentity, Jid contact, Action<StorageBatch> change, out List<Subscribe> after, out Task commit)
    {
        if (access.State(presentity).Rules.UsesContacts || privacy.UsesContacts(presentity))
        {
            Apply(presentity, [contact], change, out after, out commit);
            return;
        }
        after = [];
        var batch = new StorageBatch();
        change(batch);
        commit = presentity.Commit(batch);
    }

    /// <summary>What subscribers see now, before something changes. Under the gate.</summary>
    internal IReadOnlyList<SeenBy> Look(Presentity presentity, IReadOnlyCollection<Jid>? watchers) =>
        [.. Subscribers(presentity, watchers).Select(item => new SeenBy(item.Jid, access.Decide(presentity, item.Jid), access.Ask(presentity, item.Jid).Handling))];

    /// <summary>Tells the difference to what they saw. Under the gate.</summary>
    internal void Tell(Presentity presentity, IReadOnlyList<SeenBy> before, StorageBatch batch, out List<Subscribe> after)
    {
        after = [];
        foreach (SeenBy seen in before)
            Tell(presentity, seen, batch, after);
    }

    private static IEnumerable<RosterItem> Subscribers(Presentity presentity, IReadOnlyCollection<Jid>? watchers) =>
        (watchers is null ? presentity.Roster.Items : watchers.Select(presentity.Contact).OfType<RosterItem>()).Where(item => item.State.HasFrom());

    private void Tell(Presentity presentity, in SeenBy seen, StorageBatch batch, List<Subscribe> after)
    {
        (Jid watcher, AccessDecision before, AccessHandling? saidBefore) = seen;
        // The change may have been one of this item.
        if (presentity.Contact(watcher) is not { } item || !item.State.HasFrom())
            return;
        AccessHandling? said = access.Ask(presentity, item.Jid).Handling;
        bool isBlocked = said == AccessHandling.Block && saidBefore != AccessHandling.Block;
        bool isAsked = said == AccessHandling.Confirm && saidBefore != AccessHandling.Confirm && before.IsAllowed;
        AccessDecision now = access.Decide(presentity, item.Jid);
        // Asked again, he sees nothing until there is an answer.
        if (isAsked)
            now = now with { Handling = AccessHandling.Confirm };

        Difference(presentity, item.Jid, before, now);
        if (isBlocked)
        {
            Push(presentity, batch, item with { State = WithoutFrom(item.State), Withheld = null, PendingRequest = null });
            after.Add(new Subscribe { Type = SubscribeType.Unsubscribed, From = presentity.Address, To = item.Jid });
        }
        else if (now.SeesAbsence && item.Withheld is null)
        {
            item = item with { Withheld = Farewell(presentity) };
            if (isAsked)
                item = item with { PendingRequest = StanzaWriter.ToCanonical(Ask(presentity, item.Jid)) };
            Push(presentity, batch, item);
        }
        else if (now.IsAllowed && item.Withheld is not null)
        {
            // One who was let in politely has never been on the roster.
            Push(presentity, batch, item with { Withheld = null, PendingRequest = null, InRoster = true });
        }
    }

    private void Difference(Presentity presentity, Jid watcher, in AccessDecision before, in AccessDecision now)
    {
        if (before.IsAllowed == now.IsAllowed && (!now.IsAllowed || (ReferenceEquals(before.View, now.View) && before.Hidden is null && now.Hidden is null)))
            return;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            Tell(watcher, session.Address, before.Shown(session.ShownPresence), now.Shown(session.ShownPresence));
        }
        foreach (Notification held in tuples.Presences(presentity))
            Tell(watcher, held.From!, tuples.Shown(before, presentity, held), tuples.Shown(now, presentity, held));
    }

    private void Tell(Jid watcher, Jid resource, Notification? was, Notification? isNow)
    {
        if (isNow is not null && (was is null || !was.Content.Equals(isNow.Content)))
            delivery.Send(isNow with { To = watcher });
        else if (was is not null && isNow is null)
            delivery.Send(new Notification { Type = PresenceType.Unavailable, From = resource, To = watcher });
    }

    // What somebody who is withheld from is told from now on: of an account that is off what it said last, else that it went just now.
    private ReadOnlyMemory<byte> Farewell(Presentity presentity) =>
        presentity.IsAvailable || presentity.LastUnavailable is not { } last
            ? new LastUnavailable(clock.GetUtcNow(), new Notification { Type = PresenceType.Unavailable, From = presentity.Address }).ToBytes()
            : last.ToBytes();

    private static Subscribe Ask(Presentity presentity, Jid watcher)
    {
        var request = new Subscribe { Type = SubscribeType.Subscribe, From = watcher, To = presentity.Address };
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (session.IsAvailable)
                session.TrySend(request);
        }
        return request;
    }

    private static void Push(Presentity presentity, StorageBatch batch, RosterItem item) => RosterPushes.Send(presentity, presentity.Roster.Save(batch, item));

    private static SubscriptionState WithoutFrom(SubscriptionState state) => state switch
    {
        SubscriptionState.From => SubscriptionState.None,
        SubscriptionState.FromPendingOut => SubscriptionState.NonePendingOut,
        SubscriptionState.Both => SubscriptionState.To,
        _ => state,
    };

    /// <summary>What a subscriber sees.</summary>
    /// <param name="Watcher">His bare address.</param>
    /// <param name="Decision">What it comes to.</param>
    /// <param name="Said">What the rules alone say of him.</param>
    internal readonly record struct SeenBy(Jid Watcher, AccessDecision Decision, AccessHandling? Said);
}
