using PresenceXml.Protocol;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Servers whose users' presence was taken back, and the questions that bring it again: one probe ever more seldom while the server is away, which
/// has a link opened if there can be one; once it has said something, one for each contact that is missed.
/// </summary>
internal sealed class LostServers(Presentities presentities, Fetches fetches, TimeProvider clock) : IDisposable
{
    // A server that does not answer every probe (RFC 6121 §4.3.2 says only that it should) is not asked for ever.
    private const int Rounds = 3;

    private const int MostMinutes = 10;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock door = new();
    private readonly Dictionary<DomainPair, Absence> absences = [];
    private ITimer? timer;
    private volatile bool isMissing;

    /// <summary>A server cannot be reached.</summary>
    /// <param name="pair">Which, and for whom.</param>
    /// <param name="missing">The accounts from which presence of a contact was taken back for it.</param>
    public void Add(DomainPair pair, IReadOnlyCollection<Jid> missing)
    {
        lock (door)
        {
            if (absences.TryGetValue(pair, out Absence? absence))
                absence.IsBack = false;
            else if (missing.Count > 0)
                absences.Add(pair, absence = new Absence());
            absence?.Accounts.UnionWith(missing);
            SetTimer();
        }
    }

    /// <summary>A server has said something: if it was away, who is missed there is asked for. For each stanza.</summary>
    public void Heard(DomainPair pair)
    {
        if (!isMissing)
            return;
        Jid[] accounts;
        lock (door)
        {
            if (!absences.TryGetValue(pair, out Absence? absence) || absence.IsBack)
                return;
            absence.Return();
            accounts = [.. absence.Accounts];
        }
        Ask(pair, accounts, int.MaxValue);
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

    // How many contacts are still to be asked for, of whom some were asked now.
    private int Ask(DomainPair pair, Jid[] accounts, int most)
    {
        int found = 0;
        foreach (Jid account in accounts)
        {
            if (!presentities.TryFind(account, out Presentity? presentity))
                continue;
            foreach (Jid contact in presentity.Shown.Missed(pair.Remote))
            {
                if (!presentity.Watches(contact))
                    presentity.Shown.Answered(contact);
                else if (found++ < most)
                    fetches.SendProbe(presentity, contact);
            }
        }
        return found;
    }

    private void Forget(DomainPair pair, Jid[] accounts)
    {
        foreach (Jid account in accounts)
        {
            if (!presentities.TryFind(account, out Presentity? presentity))
                continue;
            foreach (Jid contact in presentity.Shown.Missed(pair.Remote))
                presentity.Shown.Answered(contact);
        }
    }

    // Once a minute while somebody is missed.
    private void Tick()
    {
        (DomainPair Pair, Jid[] Accounts, bool IsBack, bool IsOver)[] due;
        lock (door)
            due = [.. absences.Where(static one => one.Value.IsDue()).Select(static one => (one.Key, one.Value.Accounts.ToArray(), one.Value.IsBack, one.Value.Round > Rounds))];
        foreach ((DomainPair pair, Jid[] accounts, bool isBack, bool isOver) in due)
        {
            if (isOver)
                Forget(pair, accounts);
            else if (Ask(pair, accounts, isBack ? int.MaxValue : 1) > 0)
                continue;
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
        timer ??= clock.CreateTimer(static self => ((LostServers)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        TimeSpan period = isMissing ? Minute : Timeout.InfiniteTimeSpan;
        timer.Change(period, period);
    }

    /// <summary>A server that is away, or just back. Under the door.</summary>
    private sealed class Absence
    {
        private int waited;
        private int wait = 1;

        /// <summary>Where somebody is missed, or was: what is looked through is not all accounts there are.</summary>
        public HashSet<Jid> Accounts { get; } = [];

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
