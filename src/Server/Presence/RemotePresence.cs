using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence;

/// <summary>
/// What other servers tell of the presence of their users (RFC 6121 §4.2.3, §4.4.3, §4.5.3, §4.6.4), and what becomes of it when such a server cannot be
/// reached: it is taken back, marked (XEP-0310 0.1), and asked for again when the server is back. See docs/architecture.md, "Other servers".
/// </summary>
public sealed class RemotePresence(
    Presentities presentities, PresenceDelivery delivery, Notifications notifications, Fetches fetches, LocalDomains domains, TimeProvider clock) : IDisposable
{
    private const string AnnotationNs = "urn:xmpp:psa";

    private readonly LostServers lost = new(presentities, fetches, clock);

    /// <summary>Presence of a resource at another server, or an error about ours; dropped when nobody is there. Under no gate.</summary>
    /// <param name="presence">With both addresses.</param>
    public void Receive(Notification presence)
    {
        if (!presentities.TryFind(presence.To!.Bare, out Presentity? recipient))
            return;
        StanzaContent content = presence.Content.WithoutForgedDelays(domains.DomainOf(presence.To));
        if (!ReferenceEquals(content, presence.Content))
            presence = presence with { Content = content };
        lock (recipient.Shown.Door)
            Show(recipient, presence);
        // §4.6.4: who has said goodbye is not told of our end.
        if (presence.Type == PresenceType.Unavailable)
            notifications.ForgetDirected(presence.To, presence.From!);
    }

    /// <summary>
    /// An error that this server made itself, because a presence stanza could not be sent. To a session it is told; to an account if it
    /// is about a subscription of its own: not for a question that our side asked, nor for an answer to a stranger.
    /// </summary>
    public void Return(Notification error)
    {
        bool isTold = error.To!.IsFull
            || (!Fetches.IsProbe(error.Id) && presentities.TryFind(error.To, out Presentity? recipient)
                && recipient.Contact(error.From!.Bare) is { State: not (SubscriptionState.None or SubscriptionState.NonePendingIn) });
        if (isTold)
            Receive(error);
    }

    /// <summary>A server cannot be reached, nor has it a stream to us: what is shown of its users is taken back. Under no gate.</summary>
    internal void Unreachable(DomainPair pair)
    {
        var missing = new List<Jid>();
        foreach (Jid account in presentities.Places.At(pair))
        {
            if (presentities.TryFind(account, out Presentity? presentity) && Withdraw(presentity, pair))
                missing.Add(account);
        }
        lost.Add(pair, missing);
    }

    /// <summary>A server has said something: if it was away, what was taken back is asked for.</summary>
    internal void Heard(DomainPair pair) => lost.Heard(pair);

    /// <summary>The last stream of a server broke off: one question shows whether it can be reached.</summary>
    internal void Doubt(DomainPair pair)
    {
        foreach (Jid account in presentities.Places.At(pair))
        {
            if (!presentities.TryFind(account, out Presentity? presentity) || presentity.Shown.AnyOf(pair.Remote) is not { } somebody || !presentity.Watches(somebody))
                continue;
            fetches.SendProbe(presentity, somebody.Bare);
            return;
        }
    }

    public void Dispose() => lost.Dispose();

    private void Show(Presentity recipient, Notification presence)
    {
        Jid from = presence.From!;
        Jid to = presence.To!;
        ShownPresences shown = recipient.Shown;
        // §4.3.2: so a contact without a resource answers a probe. Not every client takes it for those it has seen.
        if (presence.Type == PresenceType.Unavailable && !from.IsFull && recipient.Watches(from))
        {
            foreach (Jid resource in shown.TakeResources(from, to))
                delivery.Deliver(recipient, presence with { From = resource });
        }
        bool isShown = delivery.Deliver(recipient, presence);
        shown.Answered(from.Bare);
        if (presence.Type != PresenceType.Available)
            shown.Remove(from, to);
        else if (isShown && IsExpected(recipient, from))
            shown.Add(from, to);
    }

    // True: somebody is missed.
    private bool Withdraw(Presentity presentity, DomainPair pair)
    {
        bool isMissed = false;
        StanzaContent content = StanzaContent.Of(new Element(AnnotationNs, "state-annotation",
            new XmlAttribute("from", pair.Local), new Element(AnnotationNs, "server-unavailable")));
        lock (presentity.Shown.Door)
        {
            foreach ((Jid from, Jid to) in presentity.Shown.TakeDomain(pair.Remote))
            {
                delivery.Deliver(presentity, new Notification { Type = PresenceType.Unavailable, From = from, To = to, Content = content });
                // A room has to be joined again, which is the client's to do.
                if (!presentity.Watches(from))
                    continue;
                presentity.Shown.Miss(from.Bare);
                isMissed = true;
            }
        }
        return isMissed;
    }

    // What strangers say of themselves is shown and not remembered, or they could fill the memory.
    private static bool IsExpected(Presentity presentity, Jid other)
    {
        if (presentity.Watches(other))
            return true;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (AccessRules.HasDirected(session, other) || AccessRules.HasDirectedNear(session, other))
                return true;
        }
        return false;
    }
}
