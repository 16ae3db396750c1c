using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>Puts virtual tuples down and takes them away, by their owner's will or when their time is over, and tells the watchers.</summary>
public sealed class TuplePublication : IDisposable
{
    /// <summary>Tuples one account can have.</summary>
    public const int Most = 20;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly VirtualTuples tuples;
    private readonly Presentities presentities;
    private readonly Notifications notifications;
    private readonly Fetches fetches;
    private readonly AccessRules access;
    private readonly PresenceDelivery delivery;
    private readonly TimeProvider clock;
    private readonly ILogger<TuplePublication> logger;
    private readonly DemandTimer timer;
    private int looking;

    public TuplePublication(
        VirtualTuples tuples, Presentities presentities, Notifications notifications, Fetches fetches, AccessRules access, PresenceDelivery delivery,
        TimeProvider clock, ILogger<TuplePublication> logger)
    {
        this.tuples = tuples;
        this.presentities = presentities;
        this.notifications = notifications;
        this.fetches = fetches;
        this.access = access;
        this.delivery = delivery;
        this.clock = clock;
        this.logger = logger;
        timer = new DemandTimer(clock, Step, () => tuples.HaveEnds, () => _ = LookAsync());
        tuples.Timed = timer.Wake;
        if (tuples.HaveEnds)
            timer.Wake();
    }

    /// <summary>Puts a tuple down in place of the one with its id. False: the account has <see cref="Most"/> others.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    internal async ValueTask<bool> PublishAsync(Presentity presentity, VirtualTuple tuple)
    {
        Task commit;
        lock (presentity.Gate)
        {
            VirtualTupleSet before = tuples.Of(presentity);
            VirtualTuple[] others = [.. before.All.Where(other => other.Id != tuple.Id)];
            if (others.Length >= Most)
                return false;
            commit = Change(presentity, VirtualTupleSet.Of(presentity.Address, [.. others, tuple]), batch => batch.Put(VirtualTuples.Collection, presentity.Address, tuple.Id, VirtualTuples.ToBytes(tuple)));
        }
        await Subscriptions.DurableAsync(presentity, commit);
        return true;
    }

    /// <summary>Takes a tuple away. False: there is none of this id.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    internal ValueTask<bool> RetractAsync(Presentity presentity, string id) => RetractAsync(presentity, id, static _ => true);

    private async ValueTask<bool> RetractAsync(Presentity presentity, string id, Func<VirtualTuple, bool> isMeant)
    {
        Task commit;
        lock (presentity.Gate)
        {
            VirtualTupleSet before = tuples.Of(presentity);
            // As it was put down (RFC 7622).
            if (presentity.Address.TryWithResource(id, out Jid? named))
                id = named.Resource!;
            if (before.Find(id) is not { } found || !isMeant(found))
                return false;
            commit = Change(presentity, VirtualTupleSet.Of(presentity.Address, before.All.Where(other => other.Id != id)), batch => batch.Delete(VirtualTuples.Collection, presentity.Address, id));
        }
        await Subscriptions.DurableAsync(presentity, commit);
        return true;
    }

    public void Dispose() => timer.Dispose();

    // What watchers saw and see is compared, so that nothing is told twice. Under the gate.
    private Task Change(Presentity presentity, VirtualTupleSet after, Action<StorageBatch> store)
    {
        VirtualTupleSet before = tuples.Of(presentity);
        Notification[] shownBefore = [.. tuples.Presences(presentity, withEnded: true)];
        tuples.Set(presentity, after);
        Notification[] shownAfter = [.. tuples.Presences(presentity, withEnded: true)];
        foreach (Jid resource in shownBefore.Concat(shownAfter).Select(static shown => shown.From!).Distinct())
        {
            notifications.TupleToWatchers(
                presentity, Array.Exists(shownBefore, was => was.From == resource) ? before.Find(resource.Resource!) : null,
                Array.Exists(shownAfter, shown => shown.From == resource) ? after.Find(resource.Resource!) : null);
        }
        if (before.Status != after.Status && !presentity.IsAvailable)
            TellAbsence(presentity);
        var batch = new StorageBatch();
        store(batch);
        return presentity.Commit(batch);
    }

    // Of an account of which no resource is seen, in place of its last farewell.
    private void TellAbsence(Presentity presentity)
    {
        foreach (RosterItem item in presentity.Roster.Items)
        {
            if (!item.State.HasFrom())
                continue;
            AccessDecision decision = access.Decide(presentity, item.Jid);
            // To whom a tuple is shown as a resource the account is not off.
            if (decision.IsAllowed && tuples.Presences(presentity).All(held => tuples.Shown(decision, presentity, held) is null))
                delivery.Send(fetches.Absence(presentity, decision, item.Jid));
        }
    }

    private async Task LookAsync()
    {
        if (Interlocked.Exchange(ref looking, 1) == 1)
            return;
        try
        {
            foreach (Jid account in tuples.Ended(clock.GetUtcNow()).ToArray())
                await EndAsync(account);
        }
        finally
        {
            Volatile.Write(ref looking, 0);
        }
    }

    private async Task EndAsync(Jid account)
    {
        try
        {
            using PresentityLease? lease = await presentities.AcquireAsync(account, CancellationToken.None);
            if (lease is null)
            {
                tuples.Forget(account);
                return;
            }
            foreach (VirtualTuple tuple in tuples.Of(lease.Presentity).All.Where(tuple => tuple.IsOver(clock.GetUtcNow())))
            {
                // Its owner may put it down anew at this moment.
                await RetractAsync(lease.Presentity, tuple.Id, found => found.IsOver(clock.GetUtcNow()));
            }
        }
#pragma warning disable CA1031 // The next look tries again; the other accounts are not to wait for it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            PresenceLog.TupleStays(logger, exception, account);
        }
    }
}
