using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// Delivers messages to accounts of ours by the table of RFC 6121 §8.5.4. Where the RFC leaves a choice: offline messages are stored;
/// several resources get all of them; what is refused is refused alike for an account that is off, has blocked the sender, or does not
/// exist (D6), so the last column of the table is <see cref="AnswerOfAbsent"/>.
/// </summary>
public sealed class MessageDelivery(RuleChain rules, InstantInbox inbox, LocalDomains domains)
{
    /// <summary>What the sender of a message to an account without any resource is told; null: nothing.</summary>
    internal static StanzaError? AnswerOfAbsent(Message message) => message.Type switch
    {
        MessageType.Groupchat => StanzaError.ServiceUnavailable,
        MessageType.Normal when message.To is { IsFull: true } => StanzaError.ServiceUnavailable,
        _ => null,
    };

    /// <summary>Delivers, stores or refuses. Returns what its sender is to be told; null: nothing.</summary>
    /// <param name="recipient">The account, leased by the caller.</param>
    /// <param name="sender">Who sent it when it is one of ours.</param>
    /// <param name="message">With both addresses; <c>to</c> is never rewritten (RFC 6120 §8.1.1.1).</param>
    /// <param name="commit">When it is stored; null when it is not to be.</param>
    internal StanzaError? Deliver(Presentity recipient, ClientSession? sender, Message message, out Task? commit)
    {
        commit = null;
        Jid peer = message.From!.Bare;
        lock (recipient.Gate)
        {
            if (recipient.IsFailed)
                return message.IsError ? null : StanzaError.ResourceConstraint;
            if (recipient.IsRemoved)
                return AnswerOfAbsent(message);
            if (sender?.Presentity != recipient)
            {
                Stanza stanza = message;
                if (rules.AskRecipient(recipient, message.From!, ref stanza) is { } refusal)
                    return refusal.Error == StanzaError.ServiceUnavailable ? AnswerOfAbsent(message) : message.IsError ? null : refusal.Error;
                message = (Message)stanza;
            }
            return Deliver(recipient, sender, peer, message, ref commit);
        }
    }

    /// <summary>Messages of an ended session that lie in no log: the other resources get them as if they came now. Under the gate.</summary>
    internal StanzaError? Redeliver(Presentity recipient, Message message)
    {
        Task? commit = null;
        return Deliver(recipient, null, message.From!.Bare, message, ref commit);
    }

    private StanzaError? Deliver(Presentity recipient, ClientSession? sender, Jid peer, Message message, ref Task? commit)
    {
        ClientSession? addressed = null;
        if (message.To!.Resource is { } resource)
        {
            addressed = recipient.FindSession(resource);
            // §8.5.3.2: only chat falls back to the bare JID.
            if (addressed is null && message.Type != MessageType.Chat)
                return AnswerOfAbsent(message);
        }
        // §8.5.2.1.1, §8.5.2.2.1: never for a bare JID. An error that finds nobody is dropped, as is a headline below.
        if (addressed is null && message.Type is MessageType.Groupchat or MessageType.Error)
            return message.IsError ? null : StanzaError.ServiceUnavailable;

        if (!Storable.IsStorable(message))
            return DeliverOnly(recipient, addressed, message);

        message = WithoutForgedStamps(message, recipient);
        if (inbox.Refuse(recipient, message.Content.Length) is { } refused)
            return refused;
        // Each side's own preferences decide about its own log.
        bool isTransient = Storable.IsForDeliveryOnly(message);
        Presentity? archived = sender is not null && !isTransient && rules.Keeps(sender.Presentity, message.To!) ? sender.Presentity : null;
        bool isPassing = isTransient || !rules.Keeps(recipient, message.From!);
        long sequence = inbox.Append(recipient, archived, peer, message, isPassing, out int bytes, out commit);
        int carriers = 0;
        if (addressed is not null)
        {
            carriers = addressed.TrySend(message, sequence) ? 1 : 0;
        }
        else
        {
            foreach (ClientSession session in recipient.SessionSpan)
            {
                if (session.TakesMessages && session.TrySend(message, sequence))
                    carriers++;
            }
        }
        recipient.Undelivered.Add(sequence, bytes, carriers, isPassing);
        return null;
    }

    // What only this server may say: in the account's name and in its own.
    private Message WithoutForgedStamps(Message message, Presentity recipient)
    {
        StanzaContent content = message.Content.WithoutForgedIds(recipient.Address).WithoutForgedDelays(domains.DomainOf(recipient.Address));
        return ReferenceEquals(content, message.Content) ? message : message with { Content = content };
    }

    private StanzaError? DeliverOnly(Presentity recipient, ClientSession? addressed, Message message)
    {
        message = WithoutForgedStamps(message, recipient);
        bool isRefused = false;
        bool isTaken = false;
        if (addressed is not null)
        {
            isTaken = addressed.TrySend(message);
            isRefused = !isTaken;
        }
        else
        {
            foreach (ClientSession session in recipient.SessionSpan)
            {
                if (!session.TakesMessages)
                    continue;
                if (session.TrySend(message))
                    isTaken = true;
                else
                    isRefused = true;
            }
        }
        // No room anywhere: who sent something to be read is told, a chat state or a headline is simply late.
        return isRefused && !isTaken && message.Type is not (MessageType.Headline or MessageType.Error) && message.Content.Has(null, "body")
            ? StanzaError.ResourceConstraint
            : null;
    }
}
