using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>
/// The virtual tuples of the accounts: with an account while it is loaded, and for all others which have any, so that a watcher who comes is told of what
/// nobody is connected to tell.
/// </summary>
public sealed class VirtualTuples
{
    internal const string Collection = "tuples";
    private const int Page = 1000;

    private readonly StorageEngine engine;
    private readonly LocalDomains domains;
    private readonly TimeProvider clock;
    private readonly ILogger<VirtualTuples> logger;
    private readonly ConcurrentDictionary<Jid, DateTimeOffset> holders = new();
    private readonly int slot;

    public VirtualTuples(AccountStates states, StorageEngine engine, LocalDomains domains, TimeProvider clock, ILogger<VirtualTuples> logger)
    {
        this.clock = clock;
        this.logger = logger;
        this.engine = engine;
        this.domains = domains;
        slot = states.Add(async (account, _) => await ReadAsync(account));
    }

    /// <summary>Finds out which accounts have any. Before the first connection.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        foreach (Jid domain in domains.All)
        {
            for (Jid? after = null; ;)
            {
                IReadOnlyList<Jid> page = await engine.ListAccountsAsync(Collection, domain.Domain, after, Page, cancel);
                foreach (Jid account in page)
                    Note(account, await ReadAsync(account));
                if (page.Count < Page)
                    break;
                after = page[^1];
            }
        }
    }

    /// <summary>True when one of them ends by itself.</summary>
    internal bool HaveEnds => !holders.IsEmpty && holders.Any(static holder => holder.Value != DateTimeOffset.MaxValue);

    /// <summary>Called when there is one that ends by itself.</summary>
    internal Action? Timed { get; set; }

    internal VirtualTupleSet Of(Presentity presentity) => (VirtualTupleSet)presentity.GetState(slot);

    /// <summary>
    /// Those that are shown as resources, but for one whose name a resource has that is seen: an invisible one is as one that is off. One that has ended is not seen
    /// any more, although it is taken away, and that told, a moment later.
    /// </summary>
    /// <param name="presentity">Whose they are.</param>
    /// <param name="withEnded">True: with those that are still to be taken away.</param>
    internal ImmutableArray<Notification> Presences(Presentity presentity, bool withEnded = false)
    {
        VirtualTupleSet held = Of(presentity);
        return held.Presences.IsEmpty || held.Presences.All(IsSeen) ? held.Presences : [.. held.Presences.Where(IsSeen)];

        bool IsSeen(Notification presence) =>
            IsFree(presentity, presence.From!) && (withEnded || held.Find(presence.From!.Resource!)?.IsOver(clock.GetUtcNow()) is false);
    }

    /// <summary>All that hold now.</summary>
    internal IEnumerable<VirtualTuple> Holding(Presentity presentity)
    {
        ImmutableArray<VirtualTuple> all = Of(presentity).All;
        return all.IsEmpty ? [] : all.Where(tuple => !tuple.IsOver(clock.GetUtcNow()));
    }

    /// <summary>The one whose notes stand in place of the last farewell now, or null.</summary>
    internal VirtualTuple? Status(Presentity presentity) => Of(presentity).Status is { } held && !held.IsOver(clock.GetUtcNow()) ? held : null;

    /// <summary>What stands in the place of a resource that is not seen any more, or null.</summary>
    internal Notification? InPlaceOf(Presentity presentity, Jid resource) => Presences(presentity).FirstOrDefault(presence => presence.From == resource);

    /// <summary>
    /// What somebody whom this decision lets see something sees of a tuple, whichever path he asks by: null where its address or its name is kept from him, else the
    /// notification that stands for it, with what he may know of it.
    /// </summary>
    internal static Notification? Shown(in AccessDecision decision, Jid account, VirtualTuple tuple) => Shown(decision, tuple, tuple.ToNotification(account));

    /// <summary>As <see cref="Shown(in AccessDecision, Jid, VirtualTuple)"/>, of one that is shown as a resource.</summary>
    internal Notification? Shown(in AccessDecision decision, Presentity presentity, Notification presence) =>
        Of(presentity).Find(presence.From!.Resource!) is { } tuple ? Shown(decision, tuple, presence) : null;

    private static Notification? Shown(in AccessDecision decision, VirtualTuple tuple, Notification presence)
    {
        if (!decision.IsAllowed || decision.Hidden?.Hides(presence.From) is true)
            return null;
        PresenceView view = decision.View;
        if (view.IsAll)
            return presence;
        string? label = view.ClassOf(tuple.Id) ?? tuple.Class;
        if (!view.Shows(tuple.Id, label, tuple.Means) || (tuple.ShownAs == TupleShownAs.Resource && !view.Shows(tuple.Id, label, "xmpp")))
            return null;
        // Whether it is shown is answered above: a tuple that is no resource has no scheme xmpp.
        return view.Apply(presence with { From = presence.From!.Bare }) is { } shown ? shown with { From = presence.From } : null;
    }

    private static bool IsFree(Presentity presentity, Jid resource) => presentity.FindSession(resource.Resource!)?.ShownPresence is null;

    /// <summary>True for an account, loaded or not, that has some.</summary>
    internal bool Holds(Jid account) => !holders.IsEmpty && holders.ContainsKey(account);

    /// <summary>Accounts of which some have ended by now.</summary>
    internal IEnumerable<Jid> Ended(DateTimeOffset now) => holders.IsEmpty ? [] : holders.Where(holder => holder.Value <= now).Select(static holder => holder.Key);

    /// <summary>Under the gate.</summary>
    internal void Set(Presentity presentity, VirtualTupleSet tuples)
    {
        presentity.SetState(slot, tuples);
        Note(presentity.Address, tuples);
    }

    /// <summary>The account is not there any more.</summary>
    internal void Forget(Jid account) => holders.TryRemove(account, out _);

    private void Note(Jid account, VirtualTupleSet tuples)
    {
        if (tuples.All.IsEmpty)
            holders.TryRemove(account, out _);
        else
        {
            holders[account] = tuples.NextEnd ?? DateTimeOffset.MaxValue;
            if (tuples.NextEnd is not null)
                Timed?.Invoke();
        }
    }

    private async ValueTask<VirtualTupleSet> ReadAsync(Jid account)
    {
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> stored = await engine.RangeAsync(Collection, account);
        return stored.Count == 0
            ? VirtualTupleSet.Empty
            : VirtualTupleSet.Of(account, stored.Select(entry => Read(account, entry.Key, entry.Value)).OfType<VirtualTuple>());
    }

    // One that cannot be read is missed, and does not keep the account, or the server, from coming up.
    private VirtualTuple? Read(Jid account, string id, ReadOnlyMemory<byte> stored)
    {
        try
        {
            return VirtualTupleReader.Read(Element.Parse(stored.Span), account, default);
        }
        catch (FormatException wrong)
        {
            PresenceLog.TupleUnreadable(logger, account, id, wrong.Message);
            return null;
        }
    }

    /// <summary>As it is stored.</summary>
    internal static byte[] ToBytes(VirtualTuple tuple) => Encoding.UTF8.GetBytes(tuple.ToElement().ToString());
}
