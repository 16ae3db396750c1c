using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>One account while somebody needs it: sessions, roster, undelivered sequences, module state. See docs/architecture.md, "The gate".</summary>
public sealed class Presentity
{
    private const int Dropped = -1;
    private const int Deciding = -2;

    private static long numbers;

    private readonly Presentities owner;
    private readonly object[] states;
    private ClientSession[] sessions = [];
    private int leases;
    private volatile Task lastCommit = Task.CompletedTask;
    private volatile Task<RecentlySent>? recentlySent;

    internal Presentity(Presentities owner, Jid address, AccountRoster roster, Undelivered undelivered, LastUnavailable? last, object[] states)
    {
        this.owner = owner;
        this.states = states;
        Address = address;
        Roster = roster;
        Undelivered = undelivered;
        LastUnavailable = last;
        Shown = new ShownPresences(address, owner.Places);
        Lease = new PresentityLease(this);
    }

    /// <summary>The account's bare JID.</summary>
    public Jid Address { get; }

    /// <summary>Decide and enqueue under it; never wait, never take a second one inside.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Held while messages are given sequences and put into outboxes of this account from inside a gate, its own or another's; see <see cref="Turn"/>.</summary>
    internal Lock Line { get; } = new();

    /// <summary>In which order two lines are taken.</summary>
    internal long Number { get; } = Interlocked.Increment(ref numbers);

    /// <summary>Under the line.</summary>
    internal CopiedMessages Copied => field ??= new CopiedMessages();

    /// <summary>Bound sessions; an immutable snapshot, readable without the gate.</summary>
    public IReadOnlyList<ClientSession> Sessions => Volatile.Read(ref sessions);

    /// <summary>When and how the account was last seen off; null when it is not known. Of an account with an available resource it tells of the time before.</summary>
    public LastUnavailable? LastUnavailable { get; internal set; }

    /// <summary>When its watchers were last told of a presence, since it was loaded; for watcher information.</summary>
    internal DateTimeOffset LastBroadcast { get; set; }

    /// <summary>True from the moment the account is being deleted, or is to be read anew: nothing is enqueued for it here any more.</summary>
    public bool IsRemoved { get; internal set; }

    /// <summary>True when memory and store differ; see <see cref="Fail"/>.</summary>
    internal bool IsFailed { get; private set; }

    internal AccountRoster Roster { get; }

    internal Undelivered Undelivered { get; }

    /// <summary>What other servers told of their users, as far as it has to be taken back when they cannot be reached.</summary>
    internal ShownPresences Shown { get; }

    internal PresentityLease Lease { get; }

    /// <summary>Held by outbound subscription processing only, across both gates; see docs/architecture.md, "The gate".</summary>
    internal SemaphoreSlim Subscribing { get; } = new(1, 1);

    /// <summary>The same snapshot, for loops that must not allocate.</summary>
    internal ReadOnlySpan<ClientSession> SessionSpan => Volatile.Read(ref sessions);

    /// <summary>The contact's item, or null. Items are immutable; may be read without the gate.</summary>
    public RosterItem? Contact(Jid bare) => Roster.Find(bare);

    /// <summary>True when the account is subscribed to the presence of whose address this is (To or Both).</summary>
    internal bool Watches(Jid other) => Contact(other.Bare) is { } item && item.State.HasTo();

    /// <summary>True when a resource has sent presence, not taken it back, and is not invisible.</summary>
    public bool IsAvailable
    {
        get
        {
            foreach (ClientSession session in SessionSpan)
            {
                if (session.ShownPresence is not null)
                    return true;
            }
            return false;
        }
    }

    /// <summary>As <see cref="IsAvailable"/>, but for one resource.</summary>
    internal bool IsShownBut(ClientSession one)
    {
        foreach (ClientSession session in SessionSpan)
        {
            if (session != one && session.ShownPresence is not null)
                return true;
        }
        return false;
    }

    /// <summary>True when a resource is available, invisible or not: it takes what others send.</summary>
    internal bool HasResources
    {
        get
        {
            foreach (ClientSession session in SessionSpan)
            {
                if (session.IsAvailable)
                    return true;
            }
            return false;
        }
    }

    internal object GetState(int slot) => Volatile.Read(ref states[slot]);

    internal void SetState(int slot, object value) => Volatile.Write(ref states[slot], value);

    internal ClientSession? FindSession(string resource)
    {
        foreach (ClientSession session in SessionSpan)
        {
            if (session.Address.Resource == resource)
                return session;
        }
        return null;
    }

    /// <summary>Under the gate.</summary>
    internal void AddSession(ClientSession session) => Volatile.Write(ref sessions, [.. sessions, session]);

    /// <summary>Under the gate.</summary>
    internal bool RemoveSession(ClientSession session)
    {
        int index = Array.IndexOf(sessions, session);
        if (index < 0)
            return false;
        Volatile.Write(ref sessions, [.. sessions.AsSpan(0, index), .. sessions.AsSpan(index + 1)]);
        return true;
    }

    /// <summary>Hands a batch about this account to the store's writer. Under the gate, so that batches leave in the order of the decisions.</summary>
    /// <remarks>Nothing is stored for an account that is being deleted, or it would leave something behind.</remarks>
    internal Task Commit(StorageBatch batch) =>
        IsRemoved ? Task.FromException(new StorageException("The account is being deleted.")) : lastCommit = owner.Engine.Commit(batch);

    /// <summary>As <see cref="Commit"/>, for a batch that was handed over already.</summary>
    internal void Enqueued(Task commit) => lastCommit = commit;

    /// <summary>The last batch about this account.</summary>
    internal Task LastCommit => lastCommit;

    /// <summary>
    /// What was decided could not be stored, so memory and store differ: every session ends, and the account is read anew when it is
    /// needed again. Not for messages, which are only refused.
    /// </summary>
    internal void Fail()
    {
        lock (Gate)
        {
            // One that is being deleted needs no reading.
            if (IsRemoved)
                return;
            IsFailed = true;
            IsRemoved = true;
        }
        foreach (ClientSession session in SessionSpan)
            session.Close(StreamError.InternalServerError);
    }

    /// <summary>What the account sent lately; read from its log when it is first asked for. Completes at once afterwards.</summary>
    /// <exception cref="StorageException">The store could not be read; the next call tries again.</exception>
    internal Task<RecentlySent> RecentlySentAsync(DateTimeOffset now)
    {
        if (recentlySent is { IsFaulted: false } loaded)
            return loaded;
        lock (Gate)
            return recentlySent is { IsFaulted: false } loading ? loading : recentlySent = RecentlySent.LoadAsync(owner.Engine, Address, now);
    }

    internal bool TryAddLease()
    {
        SpinWait spin = default;
        while (true)
        {
            int seen = Volatile.Read(ref leases);
            if (seen == Dropped)
                return false;
            if (seen == Deciding)
                spin.SpinOnce();
            else if (Interlocked.CompareExchange(ref leases, seen + 1, seen) == seen)
                return true;
        }
    }

    /// <summary>Before it is published.</summary>
    internal void SetLeases(int count) => leases = count;

    internal void Release()
    {
        if (Interlocked.Decrement(ref leases) == 0)
            TryDrop();
    }

    // Only a holder of a lease enqueues, so with no lease the last commit is the last. Whoever takes one in between comes here again.
    private void TryDrop()
    {
        if (Interlocked.CompareExchange(ref leases, Deciding, 0) != 0)
            return;
        Task pending = lastCommit;
        bool durable = pending.IsCompleted;
        Volatile.Write(ref leases, durable ? Dropped : 0);
        if (durable)
            owner.Drop(this);
        else
            _ = DropWhenDurableAsync(pending);
    }

    private async Task DropWhenDurableAsync(Task pending)
    {
        await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TryDrop();
    }
}
