using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence;

/// <summary>NOTIFICATIONS (RFC 2778) of our presentities: initial, subsequent, unavailable and directed presence (RFC 6121 §4).</summary>
public sealed class Notifications(
    Presentities presentities, PresenceDelivery delivery, Fetches fetches, AccessRules access, RuleChain rules, LocalDomains domains, VirtualTuples tuples,
    Watchers watchers, TimeProvider clock, ILogger<Notifications> logger)
{
    // Bounds what one session can make the server remember and send at its end; far above any client's rooms and chats.
    private const int MaxDirected = 4096;

    /// <summary>Presence without <c>to</c> (RFC 6121 §4.2, §4.4). Returns what is wrong with it; null when it was taken.</summary>
    public StanzaError? Broadcast(ClientSession session, Notification presence)
    {
        if (PresenceChecks.Check(presence) is { } wrong)
            return wrong;
        if (presence.Type == PresenceType.Unavailable)
        {
            EndPresence(session, presence);
            return null;
        }

        Presentity presentity = session.Presentity;
        bool isInitial;
        lock (presentity.Gate)
        {
            // Its contacts have been told goodbye.
            if (presentity.IsRemoved)
                return null;
            isInitial = !session.IsAvailable;
            bool tookMessages = session.TakesMessages;
            Notification? before = session.LastPresence;
            session.LastPresence = presence;
            session.LastPresenceAt = clock.GetUtcNow();
            if (!session.IsInvisible)
                ToWatchers(presentity, presence, before);
            ToOwnResources(presentity, presence);
            if (isInitial)
                Welcome(presentity, session);
            if (!tookMessages && session.TakesMessages)
                InstantInbox.Flood(presentity, session, isComing: true);
        }
        if (isInitial)
            FetchContacts(session);
        return null;
    }

    /// <summary>
    /// A resource becomes invisible (XEP-0186 §3.1): whoever saw it is told that it went. It receives what an available one does, whether or not it has sent
    /// presence.
    /// </summary>
    /// <param name="session">The resource.</param>
    /// <param name="probes">Whether its contacts are asked for their presence.</param>
    internal void Hide(ClientSession session, bool probes)
    {
        Presentity presentity = session.Presentity;
        ImmutableHashSet<Jid> told = [];
        lock (presentity.Gate)
        {
            if (presentity.IsRemoved)
                return;
            if (!session.IsInvisible)
            {
                bool wasSeen = session.IsAvailable;
                if (wasSeen)
                    told = SayGoodbye(presentity, session, new Notification { Type = PresenceType.Unavailable, From = session.Address }, toOwn: false);
                session.IsInvisible = true;
                if (wasSeen)
                    TellWhatIsBehind(presentity, session);
            }
            if (!session.IsAvailable)
            {
                session.LastPresence = new Notification { From = session.Address };
                session.LastPresenceAt = clock.GetUtcNow();
                ToOwnResources(presentity, session.LastPresence);
                Welcome(presentity, session);
                InstantInbox.Flood(presentity, session);
            }
        }
        foreach (Jid to in told)
            ForgetDirected(to, session.Address);
        if (probes)
            FetchContacts(session);
    }

    /// <summary>A resource is as if it had sent no presence yet (XEP-0186 §3.2); who got directed presence of it meanwhile still has it.</summary>
    internal static void Unhide(ClientSession session)
    {
        Presentity presentity = session.Presentity;
        lock (presentity.Gate)
        {
            if (!session.IsInvisible)
                return;
            session.IsInvisible = false;
            session.LastPresence = null;
            session.LastPresenceAt = null;
            ToOwnResources(presentity, new Notification { Type = PresenceType.Unavailable, From = session.Address });
        }
    }

    /// <summary>Presence with <c>to</c> (RFC 6121 §4.6).</summary>
    public StanzaError? Direct(ClientSession session, Notification presence)
    {
        if (PresenceChecks.Check(presence) is { } wrong)
            return wrong;
        Jid to = presence.To!;
        Presentity presentity = session.Presentity;
        bool isAvailable = presence.Type == PresenceType.Available;
        StanzaError? failure;
        lock (presentity.Gate)
        {
            if (presentity.IsRemoved)
                return null;
            // No broadcast will tell a subscriber of the end of a resource that never was available by one.
            if (isAvailable && to.Bare != presentity.Address && (session.ShownPresence is null || !IsSubscriber(presentity, to)))
            {
                if (session.Directed.Count >= MaxDirected && !session.Directed.Contains(to))
                    return StanzaError.ResourceConstraint;
                watchers.NoteDirected(presentity, presence, isFirst: !session.Directed.Contains(to));
                session.Directed = session.Directed.Add(to);
            }
            else if (presence.Type == PresenceType.Unavailable)
            {
                session.Directed = session.Directed.Remove(to);
            }
            failure = delivery.Send(presence);
        }
        if (presence.Type == PresenceType.Unavailable)
            ForgetDirected(to, session.Address);
        return failure;
    }

    /// <summary>Unavailable presence of a session, said by it or made by the server when it just went (RFC 6121 §4.5).</summary>
    public void EndPresence(ClientSession session, Notification? said)
    {
        Presentity presentity = session.Presentity;
        ImmutableHashSet<Jid> told;
        lock (presentity.Gate)
        {
            presentity.Shown.Forget(session.Address);
            if (!session.IsAvailable && session.Directed.Count == 0)
                return;
            bool wasSeen = session.ShownPresence is not null;
            told = SayGoodbye(presentity, session, said ?? new Notification { Type = PresenceType.Unavailable, From = session.Address }, toOwn: true);
            session.LastPresence = null;
            session.LastPresenceAt = null;
            if (!presentity.HasResources)
                presentity.Shown.Forget(presentity.Address);
            // Else its end would be seen by what comes forth.
            if (wasSeen)
                TellWhatIsBehind(presentity, session);
        }
        foreach (Jid to in told)
            ForgetDirected(to, session.Address);
    }

    /// <summary>Directed presence of a session is taken back. Under the gate.</summary>
    internal void EndDirected(ClientSession session)
    {
        foreach (Jid to in session.Directed)
            delivery.Send(new Notification { Type = PresenceType.Unavailable, From = session.Address, To = to });
        session.Directed = [];
    }

    // A virtual tuple of the same name is seen again. Under the gate.
    private void TellWhatIsBehind(Presentity presentity, ClientSession session)
    {
        if (!presentity.IsRemoved && tuples.InPlaceOf(presentity, session.Address) is not null)
            TupleToWatchers(presentity, null, tuples.Of(presentity).Find(session.Address.Resource!));
    }

    // To all who see it; when it was the last that anybody saw, that is remembered. Returns whom it had sent directed presence. Under the gate.
    private ImmutableHashSet<Jid> SayGoodbye(Presentity presentity, ClientSession session, Notification presence, bool toOwn)
    {
        ImmutableHashSet<Jid> told = session.Directed;
        Notification? before = session.ShownPresence;
        if (before is not null)
            ToWatchers(presentity, presence, before);
        if (toOwn && session.IsAvailable)
            ToOwnResources(presentity, presence);
        session.Directed = [];
        foreach (Jid to in told)
        {
            if (before is null || !IsSubscriber(presentity, to) || access.Decide(presentity, to).Shown(before) is null)
                delivery.Send(presence with { To = to });
        }
        if (before is not null && !presentity.IsRemoved && !presentity.IsShownBut(session))
            Remember(presentity, new LastUnavailable(clock.GetUtcNow(), presence));
        return told;
    }

    /// <summary>Current presence of every available resource to a new subscriber (RFC 6121 §3.1.5). Under the gate.</summary>
    public void SendCurrent(Presentity presentity, Jid contact)
    {
        AccessDecision decision = access.Decide(presentity, contact);
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (decision.Shown(session.ShownPresence) is { } presence)
                delivery.Send(presence with { To = contact });
        }
        foreach (Notification held in tuples.Presences(presentity))
        {
            if (tuples.Shown(decision, presentity, held) is { } presence)
                delivery.Send(presence with { To = contact });
        }
    }

    /// <summary>Unavailable presence of every available resource to who loses the subscription (RFC 6121 §3.2.2). Under the gate.</summary>
    public void SendUnavailable(Presentity presentity, Jid contact)
    {
        // A block list may have turned him away just now: he saw what his subscription, or the rules, showed.
        AccessDecision decision = access.DecideByRules(presentity, contact);
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (decision.Shown(session.ShownPresence) is not null)
                delivery.Send(new Notification { Type = PresenceType.Unavailable, From = session.Address, To = contact });
        }
        foreach (Notification held in tuples.Presences(presentity))
        {
            if (tuples.Shown(decision, presentity, held) is not null)
                delivery.Send(new Notification { Type = PresenceType.Unavailable, From = held.From, To = contact });
        }
    }

    private static bool IsSubscriber(Presentity presentity, Jid watcher) =>
        presentity.Contact(watcher.Bare) is { } item && item.State.HasFrom();

    // Each sees what the rules show him (RFC 5025): the same as others, mostly.
    internal void ToWatchers(Presentity presentity, Notification presence, Notification? before)
    {
        watchers.NoteBroadcast(presentity);
        // Many see the same.
        PresenceView view = PresenceView.All;
        Notification? shown = presence;
        foreach (RosterItem item in presentity.Roster.Items)
        {
            if (!item.State.HasFrom())
                continue;
            AccessDecision decision = access.Decide(presentity, item.Jid);
            if (!decision.IsAllowed || decision.Hidden?.Hides(presence.From) is true)
                continue;
            if (!ReferenceEquals(view, decision.View))
            {
                view = decision.View;
                shown = Shown(view, presence, before);
            }
            if (shown is not null)
                delivery.Send(shown with { To = item.Jid });
        }
    }

    /// <summary>A virtual tuple that is shown as a resource is put down, changed or taken away: each watcher is told what is another for him. Under the gate.</summary>
    internal void TupleToWatchers(Presentity presentity, VirtualTuple? was, VirtualTuple? now)
    {
        watchers.NoteBroadcast(presentity);
        foreach (RosterItem item in presentity.Roster.Items)
        {
            if (!item.State.HasFrom())
                continue;
            AccessDecision decision = access.Decide(presentity, item.Jid);
            Notification? saw = was is null ? null : VirtualTuples.Shown(decision, presentity.Address, was);
            Notification? sees = now is null ? null : VirtualTuples.Shown(decision, presentity.Address, now);
            if (sees is not null && (saw is null || !saw.Content.Equals(sees.Content)))
                delivery.Send(sees with { To = item.Jid });
            else if (saw is not null && sees is null)
                delivery.Send(new Notification { Type = PresenceType.Unavailable, From = saw.From, To = item.Jid });
        }
    }

    // What somebody with this view is told when a resource says this after that; null: nothing.
    private static Notification? Shown(PresenceView view, Notification presence, Notification? before)
    {
        if (view.IsAll)
            return presence;
        Notification? was = before is null ? null : view.Apply(before);
        if (presence.Type == PresenceType.Unavailable)
            return was is null ? null : view.Apply(presence, before);
        // It may have put itself into a class that he does not see.
        return view.Apply(presence) ?? (was is null ? null : new Notification { Type = PresenceType.Unavailable, From = presence.From });
    }

    // §4.2.2, §4.4.2, §4.5.2: the sender's resource is among them.
    private static void ToOwnResources(Presentity presentity, Notification presence)
    {
        Notification? copy = null;
        foreach (ClientSession other in presentity.SessionSpan)
        {
            if (other.IsAvailable)
                other.TrySend(copy ??= presence with { To = presentity.Address });
        }
    }

    // What a new available resource is told of its own account: the other resources, and requests that wait for an answer (§3.1.3).
    private void Welcome(Presentity presentity, ClientSession session)
    {
        foreach (ClientSession other in presentity.SessionSpan)
        {
            if (other != session && other.LastPresence is { } presence)
                session.TrySend(presence with { To = session.Address });
        }
        if (presentity.Roster.Pending == 0)
            return;
        foreach (RosterItem item in presentity.Roster.Items)
        {
            // Who was blocked after he asked is heard again when he no longer is.
            if (item.PendingRequest is { } request && StanzaReader.ReadCanonical(request) is var asked && rules.AskRecipient(presentity, item.Jid, ref asked) is null)
                session.TrySend(asked);
        }
    }

    // §4.2.2: probes go out from the bare JID, for what other servers told is not kept. Contacts of ours are asked in memory; one that is not
    // loaded has no resource to tell of.
    internal void FetchContacts(ClientSession session)
    {
        Presentity presentity = session.Presentity;
        foreach (RosterItem item in presentity.Roster.Items)
        {
            if (!item.State.HasTo())
                continue;
            if (!domains.IsLocal(item.Jid))
                fetches.SendProbe(presentity, item.Jid);
            else if (presentities.TryFind(item.Jid, out Presentity? contact))
                fetches.TellWatcher(contact, session);
            else if (tuples.Holds(item.Jid))
                _ = TellOfAbsentAsync(item.Jid, session);
        }
    }

    // An account that nobody needs at the moment has something to tell all the same.
    private async Task TellOfAbsentAsync(Jid account, ClientSession watcher)
    {
        try
        {
            using PresentityLease? lease = await presentities.AcquireAsync(account, CancellationToken.None);
            if (lease is not null)
                fetches.TellWatcher(lease.Presentity, watcher);
        }
#pragma warning disable CA1031 // He asks again at his next login, or by a probe.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            PresenceLog.NotTold(logger, exception, watcher.Address, account);
        }
    }

    /// <summary>§4.6.3: who has said goodbye is not told of our end. Best effort, under no gate.</summary>
    /// <param name="other">To whom.</param>
    /// <param name="from">Who said it.</param>
    internal void ForgetDirected(Jid other, Jid from)
    {
        if (!presentities.TryFind(other.Bare, out Presentity? presentity))
            return;
        lock (presentity.Gate)
        {
            foreach (ClientSession session in presentity.SessionSpan)
            {
                if (!session.Directed.IsEmpty && (other.Resource is null || other == session.Address))
                    session.Directed = session.Directed.Remove(from);
            }
        }
    }

    private static void Remember(Presentity presentity, LastUnavailable last)
    {
        presentity.LastUnavailable = last;
        presentity.Commit(new StorageBatch().Put(LastUnavailable.Collection, presentity.Address, LastUnavailable.Key, last.ToBytes()));
    }
}
