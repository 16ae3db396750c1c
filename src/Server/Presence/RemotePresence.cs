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

    // A server that does not answer every probe (RFC 6121 §4.3.2 says only that it should) is not asked for ever.
    private const int Rounds = 3;

    private const int MostMinutes = 10;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock door = new();
    private readonly Dictionary<DomainPair, Absence> absences = [];
    private ITimer? timer;
    private volatile bool isMissing;

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
        bool isMissed = false;
        foreach (Presentity presentity in Users(pair))
        {
            if (presentity.Shown.AnyOf(pair.Remote) is not null)
                isMissed |= Withdraw(presentity, pair);
        }
        lock (door)
        {
            if (absences.TryGetValue(pair, out Absence? known))
                known.IsBack = false;
            else if (isMissed)
                absences.Add(pair, new Absence());
            SetTimer();
        }
    }

    /// <summary>A server has said something: if it was away, what was taken back is asked for.</summary>
    internal void Heard(DomainPair pair)
    {
        if (!isMissing)
            return;
        lock (door)
        {
            if (!absences.TryGetValue(pair, out Absence? absence) || absence.IsBack)
                return;
            absence.Return();
        }
        Ask(pair, int.MaxValue);
    }

    /// <summary>The last stream of a server broke off: one question shows whether it can be reached.</summary>
    internal void Doubt(DomainPair pair)
    {
        foreach (Presentity presentity in Users(pair))
        {
            if (presentity.Shown.AnyOf(pair.Remote) is not { } somebody || !IsContact(presentity, somebody))
                continue;
            fetches.SendProbe(presentity, somebody.Bare);
            return;
        }
    }

    public void Dispose()
    {
        lock (door)
        {
            timer?.Dispose();
            absences.Clear();
            isMissing = false;
        }
    }

    private void Show(Presentity recipient, Notification presence)
    {
        Jid from = presence.From!;
        Jid to = presence.To!;
        ShownPresences shown = recipient.Shown;
        // §4.3.2: so a contact without a resource answers a probe. Not every client takes it for those it has seen.
        if (presence.Type == PresenceType.Unavailable && !from.IsFull && IsContact(recipient, from))
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
                if (!IsContact(presentity, from))
                    continue;
                presentity.Shown.Miss(from.Bare);
                isMissed = true;
            }
        }
        return isMissed;
    }

    // How many contacts are still to be asked for, of whom some were asked now.
    private int Ask(DomainPair pair, int most)
    {
        int found = 0;
        foreach (Presentity presentity in Users(pair))
        {
            foreach (Jid contact in presentity.Shown.Missed(pair.Remote))
            {
                if (!IsContact(presentity, contact))
                    presentity.Shown.Answered(contact);
                else if (found++ < most)
                    fetches.SendProbe(presentity, contact);
            }
        }
        return found;
    }

    // Once a minute while somebody is missed. A server that is away is asked by one probe, ever more seldom, which has a link opened if there can be one.
    private void Tick()
    {
        DomainPair[] due;
        lock (door)
            due = [.. absences.Where(static pair => pair.Value.IsDue()).Select(static pair => pair.Key)];
        foreach (DomainPair pair in due)
        {
            bool isBack;
            bool isOver;
            lock (door)
            {
                if (!absences.TryGetValue(pair, out Absence? absence))
                    continue;
                isBack = absence.IsBack;
                isOver = absence.Round > Rounds;
            }
            if (isOver)
            {
                foreach (Presentity presentity in Users(pair))
                {
                    foreach (Jid contact in presentity.Shown.Missed(pair.Remote))
                        presentity.Shown.Answered(contact);
                }
            }
            else if (Ask(pair, isBack ? int.MaxValue : 1) > 0)
            {
                continue;
            }
            lock (door)
            {
                absences.Remove(pair);
                SetTimer();
            }
        }
    }

    // Under the door.
    private void SetTimer()
    {
        bool wasMissing = isMissing;
        isMissing = absences.Count > 0;
        if (isMissing == wasMissing)
            return;
        timer ??= clock.CreateTimer(static self => ((RemotePresence)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        TimeSpan period = isMissing ? Minute : Timeout.InfiniteTimeSpan;
        timer.Change(period, period);
    }

    private IEnumerable<Presentity> Users(DomainPair pair) =>
        presentities.All.Where(presentity => presentity.Address.Domain == pair.Local && !presentity.IsRemoved);

    private static bool IsContact(Presentity presentity, Jid other) => presentity.Contact(other.Bare) is { } item && item.State.HasTo();

    // What strangers say of themselves is shown and not remembered, or they could fill the memory.
    private static bool IsExpected(Presentity presentity, Jid other)
    {
        if (IsContact(presentity, other))
            return true;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (AccessRules.HasDirected(session, other) || AccessRules.HasDirectedNear(session, other))
                return true;
        }
        return false;
    }

    /// <summary>A server that is away, or just back. Under the door.</summary>
    private sealed class Absence
    {
        private int waited;
        private int wait = 1;

        /// <summary>True since it said something.</summary>
        public bool IsBack { get; set; }

        /// <summary>How often it was asked for everybody since then.</summary>
        public int Round { get; private set; }

        public void Return()
        {
            IsBack = true;
            waited = 0;
            wait = 1;
            Round = 1;
        }

        /// <summary>A minute has passed.</summary>
        public bool IsDue()
        {
            if (++waited < wait)
                return false;
            waited = 0;
            wait = Math.Min(2 * wait, MostMinutes);
            if (IsBack)
                Round++;
            return true;
        }
    }
}
