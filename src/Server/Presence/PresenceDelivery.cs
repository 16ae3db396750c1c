using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Takes notifications to whom they are addressed (RFC 6121 §8.5, presence). Callable from inside the gate of the account they tell
/// of: of the other account only the snapshot of its sessions and the state its rules read are touched.
/// </summary>
public sealed class PresenceDelivery(Presentities presentities, LocalDomains domains, RemoteDomains remote, RuleChain rules, PrivacyLists privacy)
{
    /// <summary>Delivers to the account or resource in <c>to</c>; dropped when nobody is there.</summary>
    /// <returns>What the sender of directed presence is answered, null: nothing.</returns>
    public StanzaError? Send(Stanza presence)
    {
        if (!domains.IsLocal(presence.To!))
            return remote.TrySend(presence);
        if (presentities.TryFind(presence.To!.Bare, out Presentity? recipient))
            Deliver(recipient, presence);
        return null;
    }

    /// <summary>Delivers to an account of ours, or a resource of it. False: nobody is there, or does not want it.</summary>
    internal bool Deliver(Presentity recipient, Stanza presence)
    {
        if (recipient.Sessions.Count == 0)
            return false;
        if (presence.From!.Bare != recipient.Address)
        {
            if (rules.AskRecipient(recipient, presence.From!, ref presence) is not null)
                return false;
        }
        if (presence.To!.Resource is { } resource)
        {
            // Also to a resource that has sent no presence: it got directed presence, or was asked for.
            return recipient.FindSession(resource)?.TrySend(presence) ?? false;
        }
        bool isShown = false;
        foreach (ClientSession session in recipient.SessionSpan)
        {
            if (session.IsAvailable && (presence is not Protocol.Stanzas.Presence || !privacy.Denies(session, PrivacyKinds.PresenceIn, presence.From!)))
                isShown |= session.TrySend(presence);
        }
        return isShown;
    }
}
