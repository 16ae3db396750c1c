using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Messaging;

/// <summary>Puts copies into the outboxes of the resources that asked for them (XEP-0280 1.0.1 §7, §8). All under the account's <see cref="Turn"/>.</summary>
internal static class CarbonCopies
{
    /// <summary>True when a resource beside <paramref name="except"/> asked for copies. Reads a snapshot.</summary>
    public static bool AreWanted(Presentity account, ClientSession? except)
    {
        foreach (ClientSession session in account.SessionSpan)
        {
            if (session.TakesCarbons && session != except)
                return true;
        }
        return false;
    }

    /// <summary>What a resource sent, for the others of its account. To oneself nothing is sent, only received.</summary>
    /// <param name="sender">Who sent it.</param>
    /// <param name="message">What it sent.</param>
    /// <param name="sequence">Its place in the account's log, 0 when it has none there.</param>
    /// <param name="answer">The error it was answered by, if it was: seen by whoever sees the message.</param>
    public static void Sent(ClientSession sender, Message message, long sequence, Message? answer = null)
    {
        Presentity account = sender.Presentity;
        if (message.To!.Bare == account.Address || !AreWanted(account, sender) || !IsEligible(account, message, message.To, received: false))
            return;
        Jid? occupant = CarbonRules.IsToOccupant(message) ? OccupantOf(sender, message.To.Bare) : null;
        foreach (ClientSession other in account.SessionSpan)
        {
            // XEP-0280 §6.1, note: nobody else can answer there.
            if (!other.TakesCarbons || other == sender || (occupant is not null && !other.Directed.Contains(occupant)))
                continue;
            other.TrySend(message, sequence, OutboxForm.Carbon);
            if (answer is not null)
                other.TrySend(answer, 0, OutboxForm.Carbon);
        }
    }

    /// <summary>What came for some resources of an account, for its others. Under its gate.</summary>
    /// <param name="privacy">What each resource does not take.</param>
    /// <param name="account">The recipient.</param>
    /// <param name="sender">Who sent it when it is one of ours: his own resource has it.</param>
    /// <param name="addressed">The resource that got it; null: all that take messages, if <paramref name="fork"/>.</param>
    /// <param name="fork">False when it was for a resource that is not there, and no other got it instead.</param>
    /// <param name="message">What came.</param>
    /// <param name="sequence">Its place in the account's log, 0 when it has none.</param>
    public static void Received(PrivacyLists privacy, Presentity account, ClientSession? sender, ClientSession? addressed, bool fork, Message message, long sequence)
    {
        if (!AreWanted(account, null) || !IsEligible(account, message, message.From!, received: true))
            return;
        foreach (ClientSession session in account.SessionSpan)
        {
            bool got = addressed is null ? fork && session.TakesMessages : session == addressed;
            if (session.TakesCarbons && !got && session != sender && !privacy.Denies(session, PrivacyKinds.Message, message.From!))
                session.TrySend(message, sequence, OutboxForm.Carbon);
        }
    }

    /// <summary>
    /// A message that was answered by an error, and the error: the other resources of the sender's account see both, for a copy is
    /// theirs whatever became of the message (XEP-0280 §8), and its error with it (§6.1). Takes the line itself.
    /// </summary>
    public static void Refused(ClientSession sender, Message message, Message answer)
    {
        if (!AreWanted(sender.Presentity, sender))
            return;
        lock (sender.Presentity.Line)
            Sent(sender, message, 0, answer);
    }

    // Each message is asked about once for each side, so what is remembered of it is noted here.
    private static bool IsEligible(Presentity account, Message message, Jid peer, bool received)
    {
        if (message.IsError)
            return account.Copied.Contains(peer, message.Id);
        bool eligible = received ? CarbonRules.IsEligibleReceived(message) : CarbonRules.IsEligible(message);
        if (eligible)
            account.Copied.Add(peer, message.Id);
        return eligible;
    }

    // As whom a resource is in a room: it has sent its presence there (RFC 6121 §4.6).
    private static Jid? OccupantOf(ClientSession session, Jid room)
    {
        foreach (Jid directed in session.Directed)
        {
            if (directed.IsFull && directed.Bare == room)
                return directed;
        }
        return null;
    }
}
