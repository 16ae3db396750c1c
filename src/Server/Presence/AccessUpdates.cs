using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Puts new access rules in force, and looks again at those in force when time, or how sure it is who somebody is, may have changed their answers.
/// </summary>
public sealed class AccessUpdates : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly AccessRules access;
    private readonly AccessChanges changes;
    private readonly Strengths strengths;
    private readonly Presentities presentities;
    private readonly Subscriptions subscriptions;
    private readonly TimeProvider clock;
    private readonly ILogger<AccessUpdates> logger;
    private readonly DemandTimer timer;

    public AccessUpdates(
        AccessRules access, AccessChanges changes, Strengths strengths, Presentities presentities, Subscriptions subscriptions, TimeProvider clock, ILogger<AccessUpdates> logger)
    {
        this.access = access;
        this.changes = changes;
        this.strengths = strengths;
        this.presentities = presentities;
        this.subscriptions = subscriptions;
        this.clock = clock;
        this.logger = logger;
        timer = new DemandTimer(clock, Step, () => !access.Restless.IsEmpty, Look);
        access.Roused = timer.Wake;
        if (!access.Restless.IsEmpty)
            timer.Wake();
    }

    /// <summary>Replaces the rules of an account; durable on return, and each watcher was told the difference.</summary>
    /// <param name="presentity">The account, leased by the caller.</param>
    /// <param name="expected">The version the author has seen; null: whatever it is.</param>
    /// <param name="document">The new document, without rules for none.</param>
    /// <returns>The new version; null when it is another than expected.</returns>
    /// <exception cref="RuleFormatException">The document is not in order.</exception>
    /// <exception cref="StorageException">It could not be stored.</exception>
    internal async ValueTask<string?> ReplaceAsync(Presentity presentity, string? expected, Element document)
    {
        List<Subscribe> after;
        Task commit;
        string version;
        lock (presentity.Gate)
        {
            AccessState state = access.State(presentity);
            if (expected is not null && expected != state.Rules.Version)
                return null;
            version = Next(state.Rules.Version);
            AccessRuleSet rules = AccessRuleReader.Read(document, version);
            var next = new AccessState(rules, clock.GetUtcNow());
            changes.Apply(
                presentity, null,
                batch =>
                {
                    batch.Put(AccessRules.Collection, presentity.Address, AccessRules.Key, AccessRules.ToBytes(version, document));
                    access.Set(presentity, next);
                },
                out after, out commit);
        }
        await FinishAsync(presentity, after, commit);
        return version;
    }

    /// <summary>A domain has spoken: the rules that ask how sure it is who somebody is may answer otherwise now. Under no gate.</summary>
    internal void Heard(string domain, Strength strength)
    {
        if (strengths.Knows(domain, strength))
            return;
        if (access.Restless.IsEmpty)
        {
            strengths.Note(domain, strength);
            return;
        }
        var looked = new List<(PresentityLease Lease, IReadOnlyList<AccessChanges.SeenBy> Before)>();
        foreach (Jid account in access.Restless.Keys)
        {
            if (!presentities.TryFind(account, out Presentity? presentity) || !access.State(presentity).Rules.UsesStrength || !presentity.TryAddLease())
                continue;
            lock (presentity.Gate)
            {
                Jid[] there = [.. presentity.Roster.Items.Where(item => item.Jid.Domain == domain).Select(item => item.Jid)];
                looked.Add((presentity.Lease, changes.Look(presentity, there)));
            }
        }
        strengths.Note(domain, strength);
        foreach ((PresentityLease lease, IReadOnlyList<AccessChanges.SeenBy> before) in looked)
            _ = RunAsync(lease, (StorageBatch batch, out List<Subscribe> after) => changes.Tell(lease.Presentity, before, batch, out after));
    }

    public void Dispose() => timer.Dispose();

    // Once a second; nothing where no rule has a time in it.
    private void Look()
    {
        foreach (Jid account in access.Restless.Keys)
        {
            if (!presentities.TryFind(account, out Presentity? presentity))
            {
                // Noted again when it is loaded again.
                access.Restless.TryRemove(account, out _);
                continue;
            }
            if (access.State(presentity).NextChange is { } change && change <= clock.GetUtcNow() && presentity.TryAddLease())
                _ = RunAsync(presentity.Lease, (StorageBatch batch, out List<Subscribe> after) => MoveOn(presentity, batch, out after));
        }
    }

    private void MoveOn(Presentity presentity, StorageBatch batch, out List<Subscribe> after)
    {
        IReadOnlyList<AccessChanges.SeenBy> before = changes.Look(presentity, null);
        access.Set(presentity, new AccessState(access.State(presentity).Rules, clock.GetUtcNow()));
        changes.Tell(presentity, before, batch, out after);
    }

    private delegate void Change(StorageBatch batch, out List<Subscribe> after);

    private async Task RunAsync(PresentityLease lease, Change change)
    {
        using (lease)
        {
            Presentity presentity = lease.Presentity;
            try
            {
                List<Subscribe> after;
                Task commit;
                lock (presentity.Gate)
                {
                    if (presentity.IsRemoved)
                        return;
                    var batch = new StorageBatch();
                    change(batch, out after);
                    commit = batch.IsEmpty ? Task.CompletedTask : presentity.Commit(batch);
                }
                await FinishAsync(presentity, after, commit);
            }
#pragma warning disable CA1031 // One account's rules are no reason not to look at the others'.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                PresenceLog.LookFailed(logger, exception, presentity.Address);
            }
        }
    }

    private async ValueTask FinishAsync(Presentity presentity, List<Subscribe> after, Task commit)
    {
        await Subscriptions.DurableAsync(presentity, commit);
        await subscriptions.DeliverAsync(presentity, after);
    }

    // Never the same again, also after the rules were taken away and made anew.
    private string Next(string version) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Max(long.TryParse(version, out long number) ? number + 1 : 1, clock.GetUtcNow().ToUnixTimeMilliseconds())}");
}
