using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Subscription stanzas our users send (RFC 6121 §3, Appendix A.2). Each runs the outbound table under the sender's gate, then, for a
/// contact of ours, the inbound table under the contact's gate, then perhaps the contact's automatic answer back under the sender's. The
/// semaphore <see cref="Presentity.Subscribing"/> keeps two of one account apart; inbound processing never takes it.
/// </summary>
public sealed class Subscriptions(
    Presentities presentities, InboundSubscriptions inbound, Notifications notifications, AccessChanges changes, RuleChain rules, LocalDomains domains, RemoteDomains remote,
    Watchers watchers, ServerOptions options)
{
    private readonly int maxItems = options.Limits.RosterItems;

    // What a login repeats at most; the rest is repeated at a later one.
    private const int MaxRepeated = 100;

    /// <summary>A subscription stanza of a client. Returns what it is told; null: nothing.</summary>
    /// <exception cref="StorageException">The roster could not be read or written.</exception>
    public async ValueTask<StanzaError?> SendAsync(ClientSession session, Subscribe stanza, CancellationToken cancel)
    {
        Presentity sender = session.Presentity;
        if (stanza.To is null)
            return StanzaError.BadRequest;
        Jid contact = stanza.To.Bare;
        if (contact == sender.Address)
            return null; // a subscription to oneself is implied (§3.1.1 note); nothing to store or route
        Stanza sent = stanza with { From = sender.Address, To = contact };
        if (rules.AskSender(sender, contact, ref sent) is { } refusal)
            return refusal.Error;
        return await RouteAsync(sender, (Subscribe)sent, cancel);
    }

    /// <summary>Takes a contact off the roster and tells it so (RFC 6121 §2.5.2). False: it was not there.</summary>
    public async ValueTask<bool> RemoveContactAsync(Presentity owner, Jid contact, CancellationToken cancel)
    {
        await owner.Subscribing.WaitAsync(cancel);
        try
        {
            RosterItem? item;
            Task commit;
            lock (owner.Gate)
            {
                item = owner.Contact(contact);
                if (item is not { InRoster: true })
                    return false;
                if (item.State.HasFrom())
                    notifications.SendUnavailable(owner, contact);
                watchers.NoteAnswer(owner, contact, item.State, SubscriptionState.None);
                var batch = new StorageBatch();
                RosterChange? change = owner.Roster.Remove(batch, contact);
                commit = owner.Commit(batch);
                RosterPushes.Send(owner, change);
            }
            await DurableAsync(owner, commit);
            if (item.State.HasTo() || item.State.HasPendingOut())
                await DeliverAsync(owner, new Subscribe { Type = SubscribeType.Unsubscribe, From = owner.Address, To = contact });
            if (item.State.HasFrom() || item.State.HasPendingIn())
                await DeliverAsync(owner, new Subscribe { Type = SubscribeType.Unsubscribed, From = owner.Address, To = contact });
            return true;
        }
        finally
        {
            owner.Subscribing.Release();
        }
    }

    /// <summary>A subscription stanza of somebody at another server, with the answer that the server gives by itself (RFC 6121 Appendix A.3).</summary>
    /// <param name="owner">Whom it is for, leased by the caller.</param>
    /// <param name="stanza">With both addresses.</param>
    /// <param name="strength">How sure it is who sent it.</param>
    /// <exception cref="StorageException">The roster could not be written.</exception>
    public async ValueTask ReceiveAsync(Presentity owner, Subscribe stanza, Strength strength)
    {
        // §8.5.3.2.2: only a request is for the account, whatever became of the resource.
        if (stanza.To!.Resource is { } resource && stanza.Type != SubscribeType.Subscribe && owner.FindSession(resource) is null)
            return;
        Jid contact = stanza.From!.Bare;
        InboundResult result = await inbound.ReceiveAsync(owner, stanza with { From = contact, To = owner.Address }, strength);
        if (result.Reply is { } reply)
            remote.TrySend(reply);
        if (result.IsNewSubscriber || result.IsSubscriber)
            SendCurrent(owner, contact);
    }

    /// <summary>Repeats requests nobody has answered, once for the first resource that comes (RFC 6121 §3.1.2).</summary>
    public async ValueTask RepeatAsync(ClientSession session, CancellationToken cancel)
    {
        Presentity sender = session.Presentity;
        int repeated = 0;
        foreach (RosterItem item in sender.Roster.Items)
        {
            if (!item.State.HasPendingOut() || repeated++ >= MaxRepeated)
                continue;
            var request = new Subscribe { Type = SubscribeType.Subscribe, From = sender.Address, To = item.Jid, Id = $"again-{repeated}" };
            await sender.Subscribing.WaitAsync(cancel);
            try
            {
                Stanza asked = request;
                if (sender.Contact(item.Jid) is { } now && now.State.HasPendingOut() && rules.AskSender(sender, item.Jid, ref asked) is null)
                    await DeliverAsync(sender, request);
            }
            finally
            {
                sender.Subscribing.Release();
            }
        }
    }

    /// <summary>Under no gate: the account is being deleted, its contacts here and elsewhere are told that both subscriptions are over.</summary>
    public async ValueTask SayGoodbyeAsync(Presentity owner, IEnumerable<Jid> contacts)
    {
        foreach (Jid contact in contacts)
        {
            await DeliverAsync(owner, new Subscribe { Type = SubscribeType.Unsubscribe, From = owner.Address, To = contact });
            await DeliverAsync(owner, new Subscribe { Type = SubscribeType.Unsubscribed, From = owner.Address, To = contact });
        }
    }

    /// <summary>Takes subscription stanzas that the server itself sends for an account to whom they are for, here and elsewhere. Under no gate.</summary>
    internal async ValueTask DeliverAsync(Presentity owner, IReadOnlyCollection<Subscribe> stanzas)
    {
        if (stanzas.Count == 0)
            return;
        await owner.Subscribing.WaitAsync();
        try
        {
            foreach (Subscribe stanza in stanzas)
                await DeliverAsync(owner, stanza);
        }
        finally
        {
            owner.Subscribing.Release();
        }
    }

    internal static async ValueTask DurableAsync(Presentity presentity, Task commit)
    {
        try
        {
            await commit;
        }
        catch (StorageException)
        {
            presentity.Fail();
            throw;
        }
    }

    private async ValueTask<StanzaError?> RouteAsync(Presentity sender, Subscribe stanza, CancellationToken cancel)
    {
        Jid contact = stanza.To!;
        await sender.Subscribing.WaitAsync(cancel);
        try
        {
            SubscriptionStep step;
            Task commit;
            bool isNewSubscriber;
            List<Subscribe> after;
            lock (sender.Gate)
            {
                RosterItem item = sender.Contact(contact) ?? new RosterItem(contact);
                step = SubscriptionMachine.Outbound(item.State, stanza.Type, item.Approved);
                bool isInRoster = item.InRoster || step.State != SubscriptionState.None && !OnlyPendingIn(step.State) || step.Approval == true;
                if (isInRoster && !item.InRoster && maxItems > 0 && sender.Roster.Shown >= maxItems)
                    return StanzaError.ResourceConstraint with { Text = "The roster is full." };
                // What the rules asked for again (RFC 5025 §3.2.1, confirm) is answered; the other side still has its subscription.
                bool isConfirmed = stanza.Type == SubscribeType.Subscribed && item is { Withheld: not null, PendingRequest: not null };
                isNewSubscriber = isConfirmed || (!item.State.HasFrom() && step.State.HasFrom());
                // §3.2.2: first the unavailables, then unsubscribed, then the push.
                if (item.State.HasFrom() && !step.State.HasFrom())
                    notifications.SendUnavailable(sender, contact);
                watchers.NoteAnswer(sender, contact, item.State, step.State);
                RosterItem next = item with
                {
                    State = step.State,
                    Approved = step.Approval ?? item.Approved,
                    InRoster = isInRoster,
                    PendingRequest = step.State.HasPendingIn() || (step.State.HasFrom() && item.Withheld is not null && !isConfirmed) ? item.PendingRequest : null,
                    Withheld = step.State.HasFrom() && !isConfirmed ? item.Withheld : null,
                };
                // Pushed here although §3.1.2 names it after the routing: the contact's answer, or a roster set of another resource, may
                // change the item meanwhile, and a push that leaves behind a younger one would tell clients of an older roster. It goes to
                // the sender's own resources only, so nobody can see it leave before the stanza that goes to the contact.
                changes.ApplyToContact(sender, contact, batch => RosterPushes.Send(sender, sender.Roster.Save(batch, next)), out after, out commit);
            }
            await DurableAsync(sender, commit);
            foreach (Subscribe follows in after)
                await DeliverAsync(sender, follows);
            if (!step.Pass)
            {
                if (isNewSubscriber)
                    SendCurrent(sender, contact);
                return null;
            }

            StanzaError? error = await DeliverAsync(sender, stanza);
            if (isNewSubscriber)
                SendCurrent(sender, contact);
            return error;
        }
        finally
        {
            sender.Subscribing.Release();
        }
    }

    // To the contact's account, and its automatic answer back. The sender's gate is not held. It is not cancelled with the sender's stream:
    // what was decided and stored on this side has to reach the other.
    private async ValueTask<StanzaError?> DeliverAsync(Presentity sender, Subscribe stanza)
    {
        Jid contact = stanza.To!;
        if (!domains.IsLocal(contact))
            return remote.TrySend(stanza);
        using PresentityLease? lease = contact.HasLocal ? await presentities.AcquireAsync(contact, CancellationToken.None) : null;
        if (lease is null)
            return null; // §8.5.1: silently, as if it were off (D6)
        InboundResult result = await inbound.ReceiveAsync(lease.Presentity, stanza, Strength.Local);
        if (result.Reply is { } reply)
            await inbound.ReceiveAsync(sender, reply, Strength.Local);
        if (result.IsNewSubscriber || result.IsSubscriber)
            SendCurrent(lease.Presentity, sender.Address);
        return null;
    }

    // Unless it was taken back meanwhile.
    private void SendCurrent(Presentity presentity, Jid subscriber)
    {
        lock (presentity.Gate)
        {
            if (presentity.Contact(subscriber) is { } item && item.State.HasFrom())
                notifications.SendCurrent(presentity, subscriber);
        }
    }

    private static bool OnlyPendingIn(SubscriptionState state) => state == SubscriptionState.NonePendingIn;
}
