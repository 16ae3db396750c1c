using PresenceXml.Protocol;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>Looks into an account's log, box by box. What waits for its delivery alone (<see cref="InboxStore.Passing"/>) is in no box; see XEP-0013.</summary>
internal sealed class InboxReader(InboxStore inbox, RetentionTerms terms)
{
    /// <summary>Messages of the largest page.</summary>
    public const int LargestPage = 250;

    // One read holds so many messages at most, whatever their size.
    private const int Step = 64;

    /// <summary>Counts every box that has something in it, the inbox itself always. Goes through the heads of the whole log.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<SortedDictionary<string, BoxCounts>> CountAsync(Jid account, ReadMarks marks, CancellationToken cancel)
    {
        await CatchUpAsync(cancel);
        DateTimeOffset? cut = await terms.CutAsync(account, cancel);
        var boxes = new SortedDictionary<string, BoxCounts>(StringComparer.Ordinal) { [""] = new() };
        await inbox.Engine.VisitLogAsync(InboxStore.Log, account, Count, cancel);
        return boxes;

        void Count(in LogHead head, ReadOnlySpan<byte> content)
        {
            if (!IsKept(head.Undelivered, head.Time, cut))
                return;
            if (!boxes.TryGetValue(head.Box, out BoxCounts? box))
                boxes.Add(head.Box, box = new());
            box.Total++;
            box.Bytes += content.Length;
            if (head.Outgoing)
                return;
            box.Received++;
            if (head.Undelivered)
                box.Undelivered++;
            if (!IsRead(marks, head.Box, head.Peer, head.Sequence, head.Undelivered) && SaysSomething(content))
                box.Unread++;
        }
    }

    /// <summary>A page of a box; null when the message to page from has never been in the log.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<HeaderPage?> ReadAsync(Jid account, string box, PageRequest page, CancellationToken cancel)
    {
        await CatchUpAsync(cancel);
        long? after = null, before = null;
        if (page.After is { } first && (after = await PlaceAsync(account, first, cancel)) is null)
            return null;
        if (page.Before is { } last && (before = await PlaceAsync(account, last, cancel)) is null)
            return null;
        DateTimeOffset? cut = await terms.CutAsync(account, cancel);
        int limit = Math.Min(page.Max ?? 50, LargestPage);
        var ask = new LogQuery { Box = box, After = after, Before = before, Backwards = page.IsFromEnd, Limit = Step };
        var found = new List<LogEntry>();
        while (found.Count <= limit)
        {
            IReadOnlyList<LogEntry> step = await inbox.ReadAsync(account, ask, cancel);
            found.AddRange((ask.Backwards ? step.Reverse() : step).Where(entry => IsKept(entry.Undelivered, entry.Time, cut)));
            if (step.Count < Step)
                break;
            ask = ask.Backwards ? ask with { Before = step[0].Sequence } : ask with { After = step[^1].Sequence };
        }
        bool isComplete = found.Count <= limit;
        if (!isComplete)
            found.RemoveRange(limit, found.Count - limit);
        if (ask.Backwards)
            found.Reverse();
        return new HeaderPage(found, isComplete, isComplete && page is { Before: null, After: null });
    }

    /// <summary>Messages by their ids, ascending.</summary>
    /// <param name="account">Whose they are.</param>
    /// <param name="ids">As the client named them.</param>
    /// <param name="missing">Gets those that are not there (any more).</param>
    /// <param name="passing">True: also what waits for its delivery alone.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<List<LogEntry>> FindAsync(Jid account, IReadOnlyList<string> ids, List<string> missing, bool passing, CancellationToken cancel)
    {
        await CatchUpAsync(cancel);
        var asked = new SortedDictionary<long, string>();
        foreach (string id in ids)
        {
            if (!inbox.TryParseStanzaId(account, id, out long sequence))
                missing.Add(id);
            else
                asked[sequence] = id;
        }
        DateTimeOffset? cut = await terms.CutAsync(account, cancel);
        var found = new List<LogEntry>();
        foreach (long[] step in asked.Keys.Chunk(Step))
            found.AddRange((await inbox.ReadAsync(account, step, cancel)).Where(entry => (passing || entry.Box != InboxStore.Passing) && IsKept(entry.Undelivered, entry.Time, cut)));
        foreach (LogEntry entry in found)
            asked.Remove(entry.Sequence);
        missing.AddRange(asked.Values);
        return found;
    }

    /// <summary>The sequences of all that lies somewhere.</summary>
    /// <param name="account">Whose log it is.</param>
    /// <param name="box">The box; null: everything, also what is in none.</param>
    /// <param name="before">Only what was received before; null: whenever.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<List<long>> SelectAsync(Jid account, string? box, DateTimeOffset? before, CancellationToken cancel)
    {
        await CatchUpAsync(cancel);
        var found = new List<long>();
        await inbox.Engine.VisitLogAsync(InboxStore.Log, account, Select, cancel);
        return found;

        void Select(in LogHead head, ReadOnlySpan<byte> content)
        {
            if ((box is null || head.Box == box) && !(head.Time >= before))
                found.Add(head.Sequence);
        }
    }

    /// <summary>Waits until all that anybody may have seen is in the store.</summary>
    public async ValueTask CatchUpAsync(CancellationToken cancel)
    {
        // A store that takes nothing new can still be read.
        await inbox.Engine.Commit(new StorageBatch()).WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>True when a received message counts as read.</summary>
    public static bool IsRead(ReadMarks marks, string box, Jid peer, long sequence, bool isUndelivered) =>
        marks.HaveBegun ? marks.IsRead(box, peer, sequence) : !isUndelivered;

    // Receipts and markers are stored as well; nobody reads them.
    private static bool SaysSomething(ReadOnlySpan<byte> content) => content.IndexOf("<body"u8) >= 0 || content.IndexOf("<encrypted"u8) >= 0;

    // What waits is shown however old it is.
    private static bool IsKept(bool isUndelivered, DateTimeOffset time, DateTimeOffset? cut) => isUndelivered || !(time < cut);

    private async ValueTask<long?> PlaceAsync(Jid account, string id, CancellationToken cancel) =>
        inbox.TryParseStanzaId(account, id, out long sequence) && await inbox.Engine.HasPlaceAsync(InboxStore.Log, account, sequence, cancel) ? sequence : null;
}
