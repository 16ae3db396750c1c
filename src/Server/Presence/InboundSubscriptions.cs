using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>What a subscription stanza from a contact came to.</summary>
/// <param name="Reply">The server's own answer to the contact, to be sent after the gate was left.</param>
/// <param name="IsNewSubscriber">The contact is subscribed by this (a pre-approval): it gets the current presence after the answer.</param>
/// <param name="IsSubscriber">The contact asked for what it has: it is answered, and told the current presence again.</param>
internal readonly record struct InboundResult(Subscribe? Reply, bool IsNewSubscriber, bool IsSubscriber);

/// <summary>Subscription stanzas that arrive for our users (RFC 6121 §3, Appendix A.3). Takes the recipient's gate only, never <see cref="Presentity.Subscribing"/>.</summary>
public sealed class InboundSubscriptions(Notifications notifications, RuleChain rules, AccessRules access, AccessChanges changes, RequestFiling filing,
    Watchers watchers, ServerOptions options)
{
    // A status, a nickname and a token or two; it is kept in memory and told at every login until it is answered.
    private const int MaxRequestBytes = 16 * 1024;

    private readonly int maxPending = options.Limits.PendingRequests;

    /// <param name="owner">The account, leased by the caller.</param>
    /// <param name="stanza">From and to bare JIDs.</param>
    /// <param name="strength">How sure it is who sent it.</param>
    /// <exception cref="StorageException">The roster could not be written.</exception>
    internal async ValueTask<InboundResult> ReceiveAsync(Presentity owner, Subscribe stanza, Strength strength)
    {
        InboundResult result = Receive(owner, stanza, strength, out Task commit);
        await Subscriptions.DurableAsync(owner, commit);
        return result;
    }

    private InboundResult Receive(Presentity owner, Subscribe stanza, Strength strength, out Task commit)
    {
        commit = Task.CompletedTask;
        Jid contact = stanza.From!.Bare;
        lock (owner.Gate)
        {
            Stanza asked = stanza;
            if (owner.IsRemoved)
                return default;
            if (rules.AskRecipient(owner, contact, ref asked) is not null)
            {
                watchers.NoteInbound(owner, stanza, strength, after: null);
                return default;
            }
            stanza = (Subscribe)asked;
            RosterItem item = owner.Contact(contact) ?? new RosterItem(contact);
            // RFC 5025 §3.2.1: what the owner's rules say of a request before he has to.
            AccessHandling? said = stanza.Type == SubscribeType.Subscribe && !item.State.HasFrom() ? access.Ask(owner, contact, strength).Handling : null;
            if (said == AccessHandling.Block)
            {
                watchers.NoteInbound(owner, stanza, strength, after: null);
                return new InboundResult(new Subscribe { Type = SubscribeType.Unsubscribed, From = owner.Address, To = contact, Id = stanza.Id }, false, false);
            }
            bool isGranted = said is AccessHandling.Allow or AccessHandling.PoliteBlock;
            SubscriptionStep step = SubscriptionMachine.Inbound(item.State, stanza.Type, item.Approved || isGranted);
            // One who is let in politely is not shown on the roster, and there may not be more such than requests that wait.
            bool isPolite = said == AccessHandling.PoliteBlock;
            if (isPolite && !item.InRoster && maxPending > 0 && owner.Roster.Unseen >= maxPending)
                return default;
            bool isNewRequest = step.State.HasPendingIn() && !item.State.HasPendingIn();
            // What strangers can make an account remember is bounded; over it they are as good as unheard (U-14).
            if (isNewRequest && (stanza.Content.Length > MaxRequestBytes || (maxPending > 0 && owner.Roster.Pending >= maxPending)))
                return default;
            DeliveryOutcome outcome = isNewRequest ? filing.Decide(owner, stanza, strength) : DeliveryOutcome.Kept;
            if (outcome.IsRefused)
                return outcome.IsTold ? new InboundResult(new Subscribe { Type = SubscribeType.Unsubscribed, From = owner.Address, To = contact, Id = stanza.Id }, false, false) : default;

            watchers.NoteInbound(owner, stanza, strength, step.State);
            // Who was let in politely goes as he came.
            if (step.Pass && (item.InRoster || item.Withheld is null))
                Deliver(owner, stanza, outcome);
            // §3.3.3: the unavailables reach the ex-subscriber before the unsubscribed below.
            if (item.State.HasFrom() && !step.State.HasFrom())
                notifications.SendUnavailable(owner, contact);
            List<Subscribe> after = [];
            if (step.State != item.State)
            {
                RosterItem next = item with
                {
                    State = step.State,
                    InRoster = item.InRoster || step.State.HasTo() || (step.State.HasFrom() && !isPolite && item.Withheld is null),
                    Withheld = isPolite ? ReadOnlyMemory<byte>.Empty : step.State.HasFrom() ? item.Withheld : null,
                    PendingRequest = isNewRequest ? StanzaWriter.ToCanonical(stanza) : step.State.HasPendingIn() || (step.State.HasFrom() && item.Withheld is not null) ? item.PendingRequest : null,
                };
                // What lies in a box is not told at the next login.
                if (outcome.Box is not null)
                    next = next with { PendingRequest = null };
                changes.ApplyToContact(owner, contact, batch => RosterPushes.Send(owner, owner.Roster.Save(batch, next)), out after, out commit);
            }
            Subscribe? reply = step.AutoReply is { } type
                ? new Subscribe { Type = type, From = owner.Address, To = contact, Id = stanza.Id }
                : after.FirstOrDefault();
            bool isApproved = step.AutoReply == SubscribeType.Subscribed;
            return new InboundResult(reply, isApproved && !item.State.HasFrom(), isApproved && item.State.HasFrom());
        }
    }

    // Requests go to available resources, everything else to interested ones, before the push (§3.1.3, §3.1.6, §3.2.3, §3.3.3).
    private static void Deliver(Presentity owner, Subscribe stanza, DeliveryOutcome outcome)
    {
        foreach (ClientSession session in owner.SessionSpan)
        {
            if (outcome.IsShownTo(session) && (stanza.Type == SubscribeType.Subscribe ? session.IsAvailable : session.IsInterested))
                session.TrySend(stanza);
        }
    }
}
