using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Messaging;

/// <summary>A message with an origin-id on its way: it is delivered and stored unless the same account has sent it before.</summary>
/// <param name="Recent">What the account sent.</param>
/// <param name="Digest">The message as its client wrote it.</param>
/// <param name="Time">When it came.</param>
internal readonly record struct SendingOnce(RecentlySent Recent, MessageDigest Digest, DateTimeOffset Time)
{
    /// <summary>True when it was sent before: nothing is left to do but to wait, before it is acknowledged, until the first one is durable.</summary>
    public bool WasSent(ClientSession session)
    {
        lock (Recent.Order)
        {
            if (!Recent.TryFind(Digest, Time, out Task commit))
                return false;
            session.AddCommit(commit);
            return true;
        }
    }

    /// <summary>Delivers a message, or has it depart when there is nobody here to deliver it to. Returns what the sender is to be told; null: nothing.</summary>
    /// <param name="messages">Who does it.</param>
    /// <param name="recipient">The account, leased by the caller, or null.</param>
    /// <param name="sender">Who sent it.</param>
    /// <param name="message">As it is delivered.</param>
    /// <param name="commit">When it is stored, or when the one that was sent before is; null when it is not to be.</param>
    public StanzaError? Deliver(MessageDelivery messages, Presentity? recipient, ClientSession sender, Message message, out Task? commit)
    {
        lock (Recent.Order)
        {
            // Another session of the account was faster.
            if (Recent.TryFind(Digest, Time, out Task first))
            {
                commit = first;
                return null;
            }
            StanzaError? error = recipient is null ? messages.Depart(sender, message, out commit) : messages.Deliver(recipient, sender, message, Strength.Local, out commit);
            // What is refused, or lies in no log, was not sent.
            if (error is null && commit is not null)
                Recent.Add(Digest, Time, commit);
            return error;
        }
    }
}
