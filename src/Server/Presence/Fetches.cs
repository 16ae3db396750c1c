using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Sessions;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence;

/// <summary>FETCHES (RFC 2778): presence of type probe (RFC 6121 §4.3). Answers are decided and enqueued under the gate of the presentity asked.</summary>
public sealed class Fetches(PresenceDelivery delivery, AccessRules access, RuleChain rules, LocalDomains domains, RemoteDomains remote,
    VirtualTuples tuples, Watchers watchers)
{
    private const string ProbeId = "probe-";

    private long probes;

    /// <summary>True for the id of what <see cref="SendProbe"/> sent, or of an answer to it.</summary>
    internal static bool IsProbe(string? id) => id is not null && id.StartsWith(ProbeId, StringComparison.Ordinal);

    /// <summary>Asks another server, from the bare JID (RFC 6121 §4.3.1), unless a rule of the account is against it. May be called from inside a gate.</summary>
    public void SendProbe(Presentity asker, Jid contact)
    {
        Stanza probe = new Fetch { From = asker.Address, To = contact, Id = string.Create(CultureInfo.InvariantCulture, $"{ProbeId}{Interlocked.Increment(ref probes)}") };
        if (rules.AskSender(asker, contact, ref probe) is null)
            remote.TrySend(probe);
    }

    /// <summary>The current presence of a contact for a watcher's new resource, as its probe would be answered.</summary>
    public void TellWatcher(Presentity presentity, ClientSession watcher)
    {
        if (presentity.Sessions.Count == 0 && tuples.Of(presentity).Presences.IsEmpty)
            return;
        lock (presentity.Gate)
        {
            AccessDecision decision = access.Decide(presentity, watcher.Address);
            foreach (ClientSession session in presentity.SessionSpan)
            {
                if (decision.Shown(session.ShownPresence) is { } presence)
                    delivery.Send(presence with { To = watcher.Address });
            }
            foreach (Notification held in tuples.Presences(presentity))
            {
                if (tuples.Shown(decision, presentity, held) is { } presence)
                    delivery.Send(presence with { To = watcher.Address });
            }
        }
    }

    /// <summary>Answers a probe (RFC 6121 §4.3.2).</summary>
    /// <param name="presentity">The account asked, leased by the caller; null when there is none.</param>
    /// <param name="probe">With both addresses.</param>
    /// <param name="strength">How sure it is who asks.</param>
    public void Answer(Presentity? presentity, Fetch probe, Strength strength)
    {
        Jid prober = probe.From!;
        if (presentity is null)
        {
            Refuse(probe);
            return;
        }
        lock (presentity.Gate)
        {
            // "unsubscribed" can end a subscription at the other side: never because our store fails.
            if (presentity.IsFailed)
                return;
            if (prober.Bare != presentity.Address)
            {
                Stanza stanza = probe;
                if (rules.AskRecipient(presentity, prober, ref stanza) is not null)
                {
                    watchers.NoteProbe(presentity, probe, strength, isPermitted: false);
                    // A stranger is turned away as if there were nobody (D6); a subscriber keeps the subscription and hears nothing (XEP-0191 §3.3).
                    if (!AccessRules.IsSubscribed(presentity, prober))
                        Refuse(probe);
                    return;
                }
                if (presentity.IsRemoved)
                {
                    Refuse(probe);
                    return;
                }
            }
            if (probe.To!.Resource is { } resource)
                AnswerFull(presentity, probe, resource, strength);
            else
                AnswerBare(presentity, probe, strength);
        }
    }

    // §4.3.2 point 1: alike for an account that does not exist.
    private void Refuse(Fetch probe) =>
        delivery.Send(new Subscribe { Type = SubscribeType.Unsubscribed, From = probe.To!.Bare, To = probe.From, Id = probe.Id });

    private void AnswerBare(Presentity presentity, Fetch probe, Strength strength)
    {
        AccessDecision decision = access.Decide(presentity, probe.From!);
        watchers.NoteProbe(presentity, probe, strength, decision.IsAllowed || decision.SeesAbsence);
        if (!decision.IsAllowed && !decision.SeesAbsence)
        {
            Refuse(probe);
            return;
        }
        bool any = false;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (decision.Shown(session.ShownPresence) is not { } presence)
                continue;
            any = true;
            delivery.Send(presence with { To = probe.From });
        }
        foreach (Notification held in tuples.Presences(presentity))
        {
            if (tuples.Shown(decision, presentity, held) is not { } presence)
                continue;
            any = true;
            delivery.Send(presence with { To = probe.From });
        }
        if (!any)
            delivery.Send(Absence(presentity, decision, probe.From!) with { Id = probe.Id });
    }

    /// <summary>
    /// What a watcher who may ask is told of an account of which he sees no resource: its last unavailable presence (RFC 6121 §4.3.2), and if presence is withheld
    /// from him, the last that he was told.
    /// </summary>
    internal Notification Absence(Presentity presentity, in AccessDecision decision, Jid watcher)
    {
        StanzaContent content = StanzaContent.Empty;
        if (LastSeen(presentity, decision, watcher) is { } last && (decision.View.Apply(last.Presence) ?? new Notification()) is { } shown)
            content = shown.Content.WithDelay(domains.DomainOf(presentity.Address), decision.View.Apply(last.Time));
        if (tuples.Status(presentity) is { } held && decision.View.Substitute?.Note is null && VirtualTuples.Shown(decision, presentity.Address, held) is { } put)
        {
            if (put.Content.Has(Namespaces.Client, "status"))
                content = content.Without(static (child, _) => child.Name is { Name: "status", Namespace: Namespaces.Client or Namespaces.Server });
            foreach (RawChild child in put.Content.Children)
            {
                if (child.Name is { Name: "status", Namespace: Namespaces.Client })
                    content = content.With(put.Content.Child(child));
            }
        }
        return new Notification { Type = PresenceType.Unavailable, From = presentity.Address, To = watcher, Content = content };
    }

    /// <summary>When and how this watcher saw the account go, as far as he may know; null: he never did.</summary>
    internal static LastUnavailable? LastSeen(Presentity presentity, in AccessDecision decision, Jid watcher)
    {
        if (!decision.SeesAbsence)
            return presentity.LastUnavailable;
        return presentity.Contact(watcher.Bare)?.Withheld is { Length: > 0 } told ? LastUnavailable.Read(told) : null;
    }

    // §4.3.2: only about that resource, and only whether it is there.
    private void AnswerFull(Presentity presentity, Fetch probe, string resource, Strength strength)
    {
        ClientSession? session = presentity.FindSession(resource);
        AccessDecision decision = access.Decide(presentity, probe.From!);
        bool isReached = session is not null && access.MayReach(session, probe.From!);
        watchers.NoteProbe(presentity, probe, strength, decision.IsAllowed || decision.SeesAbsence || isReached);
        if (!decision.IsAllowed && !decision.SeesAbsence && !isReached)
        {
            Refuse(probe);
            return;
        }
        // A resource that he does not see is not there.
        if (!isReached)
            session = null;
        if (session is null && tuples.Presences(presentity).FirstOrDefault(held => held.From == probe.To) is { } tuple && tuples.Shown(decision, presentity, tuple) is not null)
        {
            delivery.Send(new Notification { From = probe.To, To = probe.From, Id = probe.Id });
            return;
        }
        delivery.Send(new Notification
        {
            // §4.6.6: whom it has sent directed presence it is there for, also when nobody else knows; a room asks from its own address (see HasDirectedNear).
            Type = session is not null && (session.ShownPresence is not null || AccessRules.HasDirected(session, probe.From!) || AccessRules.HasDirectedNear(session, probe.From!))
                ? PresenceType.Available
                : PresenceType.Unavailable,
            From = probe.To,
            To = probe.From,
            Id = session?.LastPresence?.Id ?? probe.Id,
        });
    }
}
