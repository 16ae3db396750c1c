using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using PresenceXml.Protocol;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>The loaded accounts: exactly one <see cref="Presentity"/> for each that somebody needs, none for the others.</summary>
public sealed class Presentities(AccountStore accounts, RosterStore rosters, AccountStates states, StorageEngine engine)
{
    private readonly ConcurrentDictionary<Jid, Presentity> loaded = new();
    private readonly Dictionary<Jid, Loading> loading = [];

    internal StorageEngine Engine { get; } = engine;

    /// <summary>Who is shown somebody at other servers.</summary>
    internal ShownPlaces Places { get; } = new();

    /// <summary>Accounts in memory.</summary>
    public int Count => loaded.Count;

    /// <summary>Loads an account; null when it does not exist. Hold the lease while using it. Completes at once when it is loaded.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public ValueTask<PresentityLease?> AcquireAsync(Jid bare, CancellationToken cancel)
    {
        if (TryAcquire(bare, out PresentityLease? lease))
            return new(lease);
        cancel.ThrowIfCancellationRequested();
        return LoadAsync(bare);
    }

    /// <summary>A look at an account that is loaded, without a lease: for reading its <see cref="Presentity.Sessions"/> from inside another gate.</summary>
    public bool TryFind(Jid bare, [NotNullWhen(true)] out Presentity? presentity) =>
        loaded.TryGetValue(bare, out presentity) && !presentity.IsRemoved;

    internal void Drop(Presentity presentity) => loaded.TryRemove(new KeyValuePair<Jid, Presentity>(presentity.Address, presentity));

    /// <summary>Every loaded account, for shutting down.</summary>
    internal IEnumerable<Presentity> All => loaded.Values;

    // True with null: it is loaded and being deleted, so it does not exist for anybody new.
    private bool TryAcquire(Jid bare, out PresentityLease? lease)
    {
        lease = null;
        if (!loaded.TryGetValue(bare, out Presentity? presentity))
            return false;
        if (presentity.IsFailed)
            return false;
        if (presentity.IsRemoved)
            return true;
        if (!presentity.TryAddLease())
        {
            Drop(presentity); // the one who dropped it is about to; everything of it is durable
            return false;
        }
        lease = presentity.Lease;
        return true;
    }

    private async ValueTask<PresentityLease?> LoadAsync(Jid bare)
    {
        Loading load;
        bool mine = false;
        lock (loading)
        {
            // It may have come while this waited for the lock.
            if (TryAcquire(bare, out PresentityLease? lease))
                return lease;
            if (!loading.TryGetValue(bare, out load!))
            {
                loading.Add(bare, load = new Loading());
                mine = true;
            }
            load.Waiters++;
        }
        if (!mine)
            return (await load.Result.Task)?.Lease;

        Presentity? presentity = null;
        Exception? failure = null;
        try
        {
            presentity = await ReadAsync(bare);
        }
#pragma warning disable CA1031 // Handed to everyone who waits for this account.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }
        lock (loading)
        {
            loading.Remove(bare);
            if (presentity is not null)
            {
                presentity.SetLeases(load.Waiters);
                loaded[bare] = presentity;
            }
        }
        if (failure is null)
            load.Result.SetResult(presentity);
        else
            load.Result.SetException(failure);
        return (await load.Result.Task)?.Lease;
    }

    private async Task<Presentity?> ReadAsync(Jid bare)
    {
        if (loaded.TryGetValue(bare, out Presentity? failed) && failed.IsFailed)
        {
            await failed.LastCommit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Drop(failed);
        }
        if (await accounts.FindAsync(bare) is null)
            return null;
        Roster roster = await rosters.LoadAsync(bare);
        IReadOnlyList<UndeliveredEntry> undelivered = await Engine.ReadUndeliveredAsync(InboxStore.Log, bare);
        ReadOnlyMemory<byte>? last = await Engine.GetAsync(LastUnavailable.Collection, bare, LastUnavailable.Key);
        object[] moduleStates = await states.LoadAsync(bare, CancellationToken.None);
        return new Presentity(
            this, bare, new AccountRoster(rosters, bare, roster), new Undelivered(undelivered),
            last is { } bytes ? LastUnavailable.Read(bytes) : null, moduleStates);
    }

    private sealed class Loading
    {
        public int Waiters;
        public readonly TaskCompletionSource<Presentity?> Result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
