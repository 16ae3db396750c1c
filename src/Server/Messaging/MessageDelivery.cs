using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// Delivers messages to accounts of ours by the table of RFC 6121 §8.5.4. Where the RFC leaves a choice: offline messages are stored;
/// several resources get all of them; what is refused is refused alike for an account that is off, has blocked the sender, or does not
/// exist (D6), so the last column of the table is <see cref="AnswerOfAbsent"/>.
/// </summary>
public sealed class MessageDelivery
{
    private readonly RuleChain rules;
    private readonly AccessRules access;
    private readonly PrivacyLists privacy;
    private readonly DeliveryRules delivery;
    private readonly DeliveryErrands errands;
    private readonly InstantInbox inbox;
    private readonly LocalDomains domains;
    private readonly RemoteDomains remote;

    public MessageDelivery(
        RuleChain rules, AccessRules access, PrivacyLists privacy, DeliveryRules delivery, DeliveryErrands errands, InstantInbox inbox, LocalDomains domains, RemoteDomains remote)
    {
        this.rules = rules;
        this.access = access;
        this.privacy = privacy;
        this.delivery = delivery;
        this.errands = errands;
        this.inbox = inbox;
        this.domains = domains;
        this.remote = remote;
        errands.Attach(this);
    }

    /// <summary>What the sender of a message to an account without any resource is told; null: nothing.</summary>
    internal static StanzaError? AnswerOfAbsent(Message message) => message.Type switch
    {
        MessageType.Groupchat => StanzaError.ServiceUnavailable,
        MessageType.Normal when message.To is { IsFull: true } => StanzaError.ServiceUnavailable,
        _ => null,
    };

    /// <summary>
    /// Delivers, stores or refuses; what is not refused is copied to the other resources of both accounts. Returns what its sender is to be
    /// told; null: nothing.
    /// </summary>
    /// <param name="recipient">The account, leased by the caller.</param>
    /// <param name="sender">Who sent it when it is one of ours.</param>
    /// <param name="message">With both addresses; <c>to</c> is never rewritten (RFC 6120 §8.1.1.1).</param>
    /// <param name="strength">How sure it is who sent it.</param>
    /// <param name="commit">When it is stored; null when it is not to be.</param>
    internal StanzaError? Deliver(Presentity recipient, ClientSession? sender, Message message, Strength strength, out Task? commit)
    {
        commit = null;
        lock (recipient.Gate)
        {
            if (recipient.IsFailed)
                return message.IsError ? null : StanzaError.ResourceConstraint;
            using Turn turn = Turn.Take(recipient, sender);
            long sent = 0;
            StanzaError? error = recipient.IsRemoved
                ? Vanish(sender, message, ref sent, ref commit)
                : Decide(recipient, sender, ref message, strength, ref sent, ref commit);
            if (error is null && turn.IsSenders)
                CarbonCopies.Sent(sender!, message, sent);
            return error;
        }
    }

    /// <summary>
    /// A message of ours that leaves for another server, or goes to an account that is not there: what it leaves behind on the sender's side is
    /// the same as if somebody had it (D6). It leaves in the order of the sender's log. Returns what the sender is to be told; null: nothing.
    /// Under no gate.
    /// </summary>
    /// <param name="sender">Who sent it.</param>
    /// <param name="message">With both addresses.</param>
    /// <param name="commit">When it is stored; null when it is not to be.</param>
    internal StanzaError? Depart(ClientSession sender, Message message, out Task? commit)
    {
        commit = null;
        message = WithoutForgedStamps(message, sender.Presentity);
        lock (sender.Presentity.Line)
        {
            long sent = 0;
            bool isStorable = Storable.IsStorable(message);
            if (isStorable && inbox.Refuse() is { } refused)
                return refused;
            // What is sent is not refused afterwards, or its sender would send it twice.
            if (!domains.IsLocal(message.To!) && remote.TrySend(message) is { } failed)
                return failed;
            if (isStorable)
                Log(sender, message, ref sent, ref commit);
            CarbonCopies.Sent(sender, message, sent);
            return null;
        }
    }

    /// <summary>
    /// Messages of an ended session that lie in no log: the other resources get them as if they came now, but for those that have a copy.
    /// Under the gate.
    /// </summary>
    internal StanzaError? Redeliver(Presentity recipient, Message message)
    {
        bool isCopied = CarbonRules.IsEligibleReceived(message);
        if (message.Type == MessageType.Chat)
            return Fork(recipient, message, DeliveryOutcome.Kept, isCopied);
        return isCopied && CarbonCopies.AreWanted(recipient, null) ? null : AnswerOfAbsent(message);
    }

    private StanzaError? Decide(Presentity recipient, ClientSession? sender, ref Message message, Strength strength, ref long sent, ref Task? commit)
    {
        if (sender?.Presentity != recipient)
        {
            Stanza stanza = message;
            if (rules.AskRecipient(recipient, message.From!, ref stanza) is { } refusal)
            {
                return refusal.Error == StanzaError.ServiceUnavailable ? Vanish(sender, message, ref sent, ref commit)
                    : message.IsError ? null : refusal.Error;
            }
            message = (Message)stanza;
        }
        message = WithoutForgedStamps(message, recipient);
        ClientSession? addressed = null;
        if (message.To!.Resource is { } resource)
        {
            addressed = recipient.FindSession(resource);
            // RFC 2779 5.1.15: a resource that is hidden from its subscriber does not take what one that is off would not.
            if (addressed is not null && access.Hides(addressed, message.From!))
                addressed = null;
            // §8.5.3.2: only chat falls back to the bare JID.
            if (addressed is null && message.Type != MessageType.Chat)
            {
                if (AnswerOfAbsent(message) is { } answer)
                    return answer;
                CarbonCopies.Received(privacy, recipient, sender, null, fork: false, message, 0);
                return null;
            }
        }
        // §8.5.2.1.1, §8.5.2.2.1: never for a bare JID. An error that finds nobody is dropped, as is a headline below.
        if (addressed is null && message.Type is MessageType.Groupchat or MessageType.Error)
            return message.IsError ? null : StanzaError.ServiceUnavailable;
        // What comes here would be delivered or stored: whatever a rule makes of it, its sender is not told more than that (D6).
        DeliveryOutcome outcome = message.IsError || sender?.Presentity == recipient ? DeliveryOutcome.Kept : delivery.Decide(recipient, message, strength);
        if (!ReferenceEquals(outcome, DeliveryOutcome.Kept))
            return Follow(recipient, sender, addressed, message, outcome, ref sent, ref commit);
        if (Storable.IsStorable(message))
            return Store(recipient, sender, addressed, message, message, outcome, ref sent, ref commit);
        StanzaError? refused = addressed is null ? Fork(recipient, message, outcome, isCopied: false) : Refusal(message, addressed.TrySend(message));
        if (refused is null)
            CarbonCopies.Received(privacy, recipient, sender, addressed, fork: true, message, 0);
        return refused;
    }

    // What the account's rules said is done, and the sender sees what he sees of a message that is delivered, or that nobody is there for.
    private StanzaError? Follow(
        Presentity recipient, ClientSession? sender, ClientSession? addressed, Message original, DeliveryOutcome outcome, ref long sent, ref Task? commit)
    {
        bool isStorable = Storable.IsStorable(original);
        if (isStorable && inbox.Refuse(recipient, original.Content.Length) is { } full)
            return full;
        if (outcome.HasErrands)
            outcome = errands.Take(recipient, original, outcome, delivery, rules);
        switch (outcome.Disposition)
        {
            case DeliveryActionKind.Reject:
                return outcome.IsHidden ? Vanish(sender, original, ref sent, ref commit) : outcome.Error;
            case DeliveryActionKind.Discard:
                return sender is null ? null : Keep(sender, original, ref sent, ref commit);
        }
        // The recipient's alone: what the sender and his other resources have of the message says nothing of it.
        Message message = outcome.Flags.IsEmpty ? original : original with { Content = DeliveryFlags.Add(original.Content, recipient.Address, outcome.Flags) };
        // The owner's rules go before the sender's hints: what would only be shown to who is there is stored where a rule hides it, if it says something.
        if (isStorable || (!outcome.IsShown && message.Type is MessageType.Normal or MessageType.Chat && message.Content.Has(null, "body")))
            return Store(recipient, sender, addressed, message, original, outcome, ref sent, ref commit);
        if (!outcome.IsShown)
            return null;
        if (outcome.Only is null)
        {
            StanzaError? refused = addressed is null ? Fork(recipient, message, outcome, isCopied: false) : Refusal(message, addressed.TrySend(message));
            if (refused is null)
                CarbonCopies.Received(privacy, recipient, sender, addressed, fork: true, message, 0);
            return refused;
        }
        return Fork(recipient, message, outcome, isCopied: false);
    }

    private StanzaError? Store(
        Presentity recipient, ClientSession? sender, ClientSession? addressed, Message message, Message original, DeliveryOutcome outcome, ref long sent, ref Task? commit)
    {
        if (inbox.Refuse(recipient, message.Content.Length) is { } refused)
            return refused;
        // Each side's own preferences decide about its own log.
        bool isTransient = Storable.IsForDeliveryOnly(message) || !Storable.IsStorable(message);
        bool isKept = sender is not null && !isTransient && rules.Keeps(sender.Presentity, message.To!);
        bool isPassing = isTransient || !rules.Keeps(recipient, message.From!);
        if (outcome.Disposition == DeliveryActionKind.FileInto)
        {
            long filed = inbox.File(recipient, sender, isKept, message, original, outcome.Box!, out commit);
            sent = isKept ? filed : 0;
            return null;
        }
        long sequence = inbox.Append(recipient, sender, isKept, message, original, isPassing, out int bytes, out Task appended);
        commit = appended;
        int carriers = 0;
        if (outcome.IsQuiet)
        {
            // Waits for the next one who comes.
        }
        else if (addressed is not null && outcome.Only is null)
        {
            carriers = addressed.TrySend(message, sequence) ? 1 : 0;
        }
        else
        {
            foreach (ClientSession session in recipient.SessionSpan)
            {
                if (session.TakesMessages && outcome.IsFor(session) && !privacy.Denies(session, PrivacyKinds.Message, message.From!) && session.TrySend(message, sequence))
                    carriers++;
            }
        }
        recipient.Undelivered.Add(sequence, bytes, carriers, isPassing);
        if (outcome.IsQuiet)
            recipient.Undelivered.Quieten(sequence);
        if (outcome is { IsQuiet: false, Only: null })
            CarbonCopies.Received(privacy, recipient, sender, addressed, fork: true, message, sequence);
        sent = isKept ? sequence : 0;
        return null;
    }

    // As if there were no such account.
    private StanzaError? Vanish(ClientSession? sender, Message message, ref long sent, ref Task? commit) =>
        AnswerOfAbsent(message) ?? (sender is null ? null : Keep(sender, message, ref sent, ref commit));

    // The sender's log has what he sent, whoever got it; or his own archive would tell him what no answer does.
    private StanzaError? Keep(ClientSession sender, Message message, ref long sent, ref Task? commit)
    {
        if (!Storable.IsStorable(message))
            return null;
        if (inbox.Refuse() is { } refused)
            return refused;
        Log(sender, message, ref sent, ref commit);
        return null;
    }

    private void Log(ClientSession sender, Message message, ref long sent, ref Task? commit)
    {
        if (Storable.IsForDeliveryOnly(message) || !rules.Keeps(sender.Presentity, message.To!))
            return;
        sent = inbox.AppendSent(sender, message, out Task appended);
        commit = appended;
    }

    // What only this server may say: in the account's name and in its own.
    private Message WithoutForgedStamps(Message message, Presentity account)
    {
        StanzaContent content = message.Content.WithoutForgedIds(account.Address).WithoutForgedDelays(domains.DomainOf(account.Address)).WithoutForgedFlags(account.Address);
        return ReferenceEquals(content, message.Content) ? message : message with { Content = content };
    }

    // To every resource that takes messages, of what lies in no log.
    private StanzaError? Fork(Presentity recipient, Message message, DeliveryOutcome outcome, bool isCopied)
    {
        bool isRefused = false;
        bool isTaken = false;
        foreach (ClientSession session in recipient.SessionSpan)
        {
            if (!session.TakesMessages || !outcome.IsFor(session) || (isCopied && session.TakesCarbons) || privacy.Denies(session, PrivacyKinds.Message, message.From!))
                continue;
            if (session.TrySend(message))
                isTaken = true;
            else
                isRefused = true;
        }
        return Refusal(message, isTaken || !isRefused);
    }

    // No room anywhere: who sent something to be read is told, a chat state or a headline is simply late.
    private static StanzaError? Refusal(Message message, bool isTaken) =>
        !isTaken && message.Type is not (MessageType.Headline or MessageType.Error) && message.Content.Has(null, "body")
            ? StanzaError.ResourceConstraint
            : null;
}
