using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>The roster of a loaded account. Changed under its presentity's gate; single items may be read without it.</summary>
internal sealed class AccountRoster
{
    private readonly RosterStore store;
    private readonly Jid account;
    private readonly ConcurrentDictionary<Jid, RosterItem> items;
    private readonly List<KeyValuePair<Jid, long>> removed;
    private readonly string epoch;
    private readonly long oldestLoaded;

    public AccountRoster(RosterStore store, Jid account, Roster roster)
    {
        this.store = store;
        this.account = account;
        items = new ConcurrentDictionary<Jid, RosterItem>(1, Math.Max(roster.Items.Count, 1));
        foreach (RosterItem item in roster.Items)
        {
            items[item.Jid] = item;
            Count(item, +1);
        }
        removed = [.. roster.Removed];
        epoch = roster.Epoch;
        Number = roster.Version;
        oldestLoaded = roster.OldestKnown;
    }

    /// <summary>The number of the last change a client is told of.</summary>
    public long Number { get; private set; }

    /// <summary>Clients that are older than this need the whole roster.</summary>
    public long OldestKnown => Math.Max(oldestLoaded, Number - RosterStore.MaxTombstones + 1);

    /// <summary>Items a client sees.</summary>
    public int Shown { get; private set; }

    /// <summary>Requests that wait for an answer.</summary>
    public int Pending { get; private set; }

    /// <summary>Subscribers that no client is shown.</summary>
    public int Unseen { get; private set; }

    /// <summary>The version a client sees: opaque, and never that of another roster of the same account (RFC 6121 §2.6).</summary>
    public string Version => VersionAt(Number);

    /// <summary>Every item, in no order. Not <c>Values</c>, which would copy them all.</summary>
    public IEnumerable<RosterItem> Items => items.Select(static pair => pair.Value);

    public RosterItem? Find(Jid contact) => items.GetValueOrDefault(contact);

    public string VersionAt(long number) => string.Create(CultureInfo.InvariantCulture, $"{epoch}-{number}");

    /// <summary>The number in a version a client has cached; false when the changes since then are not all known any more.</summary>
    public bool TryParseVersion(string version, out long number)
    {
        number = 0;
        int dash = version.LastIndexOf('-');
        return dash >= 0
            && version.AsSpan(0, dash).SequenceEqual(epoch)
            && long.TryParse(version.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number >= OldestKnown && number <= Number;
    }

    /// <summary>What changed after <paramref name="number"/>, oldest first: an item, or a JID that was removed.</summary>
    public IEnumerable<RosterChange> ChangesSince(long number) =>
        Items.Where(item => item.InRoster && item.Version > number).Select(item => new RosterChange(item.Jid, item, item.Version))
            .Concat(removed.Where(gone => gone.Value > number && Find(gone.Key) is not { InRoster: true }).Select(gone => new RosterChange(gone.Key, null, gone.Value)))
            .OrderBy(change => change.Version);

    /// <summary>Puts an item in its new form into memory and batch; one with nothing left to remember is taken out. Returns the change clients are to be told of.</summary>
    public RosterChange? Save(StorageBatch batch, RosterItem item)
    {
        RosterItem? old = Find(item.Jid);
        bool worth = item.InRoster && (old is not { InRoster: true } || !SameToClient(old, item));
        if (worth)
            item = item with { Version = ++Number };
        else if (old is not null)
            item = item with { Version = old.Version };
        if (!item.InRoster && item.State == SubscriptionState.None && !item.Approved)
            return Remove(batch, item.Jid);

        if (old is not null)
            Count(old, -1);
        Count(item, +1);
        items[item.Jid] = item;
        removed.RemoveAll(gone => gone.Key == item.Jid && worth);
        store.Save(batch, account, item, Number);
        return worth ? new RosterChange(item.Jid, item, item.Version) : null;
    }

    /// <summary>Takes an item out. Returns the change clients are to be told of, null when they never saw it.</summary>
    public RosterChange? Remove(StorageBatch batch, Jid contact)
    {
        if (!items.TryRemove(contact, out RosterItem? old))
            return null;
        Count(old, -1);
        if (old.InRoster)
        {
            Number++;
            removed.RemoveAll(gone => gone.Key == contact);
            removed.Add(new KeyValuePair<Jid, long>(contact, Number));
            removed.RemoveAll(gone => gone.Value <= Number - RosterStore.MaxTombstones);
        }
        store.Remove(batch, account, contact, Number, old.InRoster);
        return old.InRoster ? new RosterChange(contact, null, Number) : null;
    }

    private void Count(RosterItem item, int by)
    {
        if (item.InRoster)
            Shown += by;
        else if (item.State.HasFrom())
            Unseen += by;
        if (item.State.HasPendingIn() || item.PendingRequest is not null)
            Pending += by;
    }

    [SuppressMessage("Performance", "CA1851", Justification = "Groups are lists.")]
    private static bool SameToClient(RosterItem a, RosterItem b) =>
        a.Name == b.Name && a.Approved == b.Approved
        && a.State.ToAttribute() == b.State.ToAttribute() && a.State.HasPendingOut() == b.State.HasPendingOut()
        && a.Groups.SequenceEqual(b.Groups, StringComparer.Ordinal);
}
