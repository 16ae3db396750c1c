using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Rules.Appearance;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>
/// Shows a presentity its watchers: what was noted, the roster's subscribers with the moment of the last broadcast, and of each what its visibility
/// rules leave. Also tells a watcher where it stands itself, and nobody anything else.
/// </summary>
public sealed class WatcherReader(Watchers watchers, AccessRules access, VisibilityRules visibility, StorageEngine engine, TimeProvider clock)
{
    /// <summary>All watchers of a presentity. Not under the gate.</summary>
    /// <param name="presentity">Leased by the caller.</param>
    /// <param name="only">Only these; null: all.</param>
    /// <param name="sees">False: an administrator reads, from whom nobody hides.</param>
    /// <exception cref="StorageException">Something could not be read.</exception>
    internal async ValueTask<WatcherList> ReadAsync(Presentity presentity, IReadOnlySet<Jid>? only = null, bool sees = true)
    {
        WatcherTable table = await watchers.LoadAsync(presentity);
        WatcherHead head;
        List<(WatcherRecord Record, bool IsPolite)> all;
        lock (presentity.Gate)
        {
            head = table.Head;
            all = Look(presentity, table, only);
        }
        var entries = new List<WatcherEntry>();
        int hidden = 0;
        foreach ((WatcherRecord record, bool isPolite) in all)
        {
            WatcherRecord now = record with { Wish = sees ? await visibility.CurrentAsync(presentity.Address, record.Watcher, record.Wish) : Visibility.Full };
            if (now.Shown == Visibility.Count)
                hidden++;
            else if (now.Shown != Visibility.None)
                entries.Add(new WatcherEntry(IdOf(presentity.Address, now.Watcher), now.Shown == Visibility.Coarse ? Coarse(now) : now, isPolite, now.Shown));
        }
        return new WatcherList(
            head.Version,
            [.. entries.OrderByDescending(static entry => entry.Record.Last).ThenBy(static entry => entry.Record.Watcher.ToString(), StringComparer.Ordinal)],
            hidden, head.Dropped);
    }

    /// <summary>
    /// Does this watcher learn that it is one? Only of a subscription that it has: anything else would tell a stranger that there is somebody (D6). One
    /// that is shown an absence has a subscription as far as it knows. Under the gate, or where a moment's delay does not matter.
    /// </summary>
    internal bool KnowsItself(Presentity presentity, Jid watcher) =>
        access.IsWelcome(presentity, watcher) && AccessRules.IsSubscribed(presentity, watcher);

    /// <summary>Names a watcher in one presentity's watcher information.</summary>
    internal string IdOf(Jid presentity, Jid watcher)
    {
        byte[] hash = HMACSHA256.HashData(engine.Secret.Span, Encoding.UTF8.GetBytes($"watcher {presentity} {watcher}"));
        return "w" + Convert.ToHexStringLower(hash.AsSpan(0, 8));
    }

    private List<(WatcherRecord Record, bool IsPolite)> Look(Presentity presentity, WatcherTable table, IReadOnlySet<Jid>? only)
    {
        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset since = now - TimeSpan.FromDays(watchers.DaysOf(presentity));
        long broadcast = Math.Max(
            Math.Max(presentity.LastBroadcast.ToUnixTimeMilliseconds(), table.Head.Broadcast), presentity.LastUnavailable?.Time.ToUnixTimeMilliseconds() ?? 0);
        var seen = new List<(WatcherRecord, bool)>();
        foreach (RosterItem item in presentity.Roster.Items)
        {
            if ((item.State.HasFrom() || item.State.HasPendingIn()) && only?.Contains(item.Jid) != false)
                seen.Add(OfContact(presentity, item, table.Find(item.Jid), broadcast, now));
        }
        foreach (WatcherRecord record in table.Records)
        {
            if (record.Last < since || only?.Contains(record.Watcher) == false || (presentity.Contact(record.Watcher) is { } item && (item.State.HasFrom() || item.State.HasPendingIn())))
                continue;
            // The roster has the last word on who is subscribed: rules, too, take subscriptions away.
            bool isOver = record is { Kind: WatcherKind.Subscriber, Status: WatcherStatus.Active or WatcherStatus.Pending };
            seen.Add((isOver ? record with { Status = WatcherStatus.Terminated, Cause = WatcherCause.Rejected } : record, false));
        }
        return seen;
    }

    private (WatcherRecord Record, bool IsPolite) OfContact(Presentity presentity, RosterItem item, WatcherRecord? noted, long broadcast, DateTimeOffset now)
    {
        WatcherRecord record = noted ?? WatcherRecord.New(item.Jid, DateTimeOffset.FromUnixTimeMilliseconds(broadcast)) with { Strength = Strength.None };
        record = record with { Kind = WatcherKind.Subscriber, HasLeft = false };
        AccessHandling handling = item.State.HasFrom() ? access.DecideByRules(presentity, item.Jid).Handling : AccessHandling.Confirm;
        if (handling == AccessHandling.Confirm)
            return (record with { Status = WatcherStatus.Pending, Cause = WatcherCause.Subscribe, IsRefused = false }, false);
        var told = DateTimeOffset.FromUnixTimeMilliseconds(broadcast);
        return (record with
        {
            Status = WatcherStatus.Active,
            Cause = WatcherCause.Approved,
            IsRefused = false,
            Last = handling == AccessHandling.Allow && told > record.Last && told <= now ? told : record.Last,
        }, handling == AccessHandling.PoliteBlock);
    }

    // Name and kind, and the day.
    private static WatcherRecord Coarse(WatcherRecord record) => record with
    {
        First = Day(record.First),
        Last = Day(record.Last),
        Since = Day(record.Since),
        Fetches = [],
    };

    private static DateTimeOffset Day(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);
}
