using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>
/// Stores what was noted of watchers, in batches, forgets what is older than the owner wants it, and has the owner told. One timer for all accounts;
/// an account is held in memory while there is something to do for it, and for a while after a fetch, so that a POLLER is known at its next one.
/// </summary>
internal sealed class WatcherKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);

    // Strangers decide which accounts these are.
    private const int MaxQuiet = 1000;

    private readonly Watchers watchers;
    private readonly Func<Presentity, IReadOnlySet<Protocol.Jid>, ValueTask> tell;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ConcurrentDictionary<Presentity, bool> kept = new();
    private readonly DemandTimer timer;
    private int isStepping;
    private Task stepping = Task.CompletedTask;

    /// <param name="watchers">Where things are noted.</param>
    /// <param name="tell">Tells an owner of changes. Under no gate.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">The log.</param>
    public WatcherKeeper(Watchers watchers, Func<Presentity, IReadOnlySet<Protocol.Jid>, ValueTask> tell, TimeProvider clock, ILogger logger)
    {
        this.watchers = watchers;
        this.tell = tell;
        this.clock = clock;
        this.logger = logger;
        timer = new DemandTimer(clock, Step, () => !kept.IsEmpty, Begin);
        watchers.Keep = presentity =>
        {
            kept.TryAdd(presentity, true);
            timer.Wake();
        };
        watchers.LetGo = presentity => Release(presentity, isLast: true);
    }

    /// <summary>How soon an owner is told again (RFC 3857 §4.8).</summary>
    internal static TimeSpan TellEvery { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Accounts that are held.</summary>
    internal int Count => kept.Count;

    /// <summary>What is to be done now was done when this ends.</summary>
    internal Task StepAsync()
    {
        Begin();
        return Volatile.Read(ref stepping);
    }

    public async ValueTask DisposeAsync()
    {
        watchers.Keep = null;
        watchers.LetGo = null;
        await timer.DisposeAsync();
        await Volatile.Read(ref stepping);
        foreach (Presentity presentity in kept.Keys)
            await VisitAsync(presentity, isLast: true);
    }

    private void Begin()
    {
        if (kept.IsEmpty || Interlocked.Exchange(ref isStepping, 1) != 0)
            return;
        Volatile.Write(ref stepping, RunAsync());
    }

    private async Task RunAsync()
    {
        try
        {
            foreach (Presentity presentity in kept.Keys)
                await VisitAsync(presentity, isLast: false);
        }
        finally
        {
            Volatile.Write(ref isStepping, 0);
        }
    }

    private async ValueTask VisitAsync(Presentity presentity, bool isLast)
    {
        try
        {
            WatcherTable table = await watchers.LoadAsync(presentity);
            await SaveAsync(presentity, table);
            if (!isLast && table.IsUntold && clock.GetUtcNow() - table.LastTold >= TellEvery)
            {
                IReadOnlySet<Protocol.Jid> changed;
                lock (presentity.Gate)
                {
                    table.LastTold = clock.GetUtcNow();
                    changed = table.TakeUntold();
                }
                await tell(presentity, changed);
                await SaveAsync(presentity, table);
            }
        }
        catch (StorageException)
        {
            // The engine reports it, and tries again; so does the next step.
        }
#pragma warning disable CA1031 // One account's watchers are no reason not to look after the others'.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            PresenceLog.WatchersFailed(logger, exception, presentity.Address);
        }
        Release(presentity, isLast);
    }

    private async ValueTask SaveAsync(Presentity presentity, WatcherTable table)
    {
        Task commit;
        IReadOnlyList<Protocol.Jid> saved;
        lock (presentity.Gate)
        {
            Expire(presentity, table);
            if (presentity.IsRemoved || !table.IsUnsaved)
                return;
            var batch = new StorageBatch();
            saved = table.Save(batch, presentity.Address);
            commit = presentity.Commit(batch);
        }
        try
        {
            await commit;
        }
        catch (StorageException)
        {
            lock (presentity.Gate)
                table.Unsave(saved);
            throw;
        }
    }

    // Entries and counts go together (docs/protocol/watchers.md, "The window").
    private void Expire(Presentity presentity, WatcherTable table)
    {
        foreach (WatcherRecord record in table.Records.Where(record => watchers.IsExpired(presentity, record)).ToArray())
            table.Remove(record.Watcher);
    }

    private void Release(Presentity presentity, bool isLast)
    {
        lock (presentity.Gate)
        {
            WatcherTable table = watchers.Of(presentity);
            bool isQuiet = !table.IsUnsaved && !table.IsUntold && (kept.Count > MaxQuiet || clock.GetUtcNow() - table.LastFetch >= Quiet);
            if (!isLast && !isQuiet && !presentity.IsRemoved)
                return;
            table.IsKept = false;
            if (!kept.TryRemove(presentity, out _))
                return;
        }
        presentity.Release();
    }
}
