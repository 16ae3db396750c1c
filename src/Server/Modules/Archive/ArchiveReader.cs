using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>
/// An account's archive: its inbox's log, but for what only waits for delivery (<see cref="InboxStore.Passing"/>) and for what retention has
/// reached. Retention keeps what was never delivered; the archive does not show it any more, so it has no holes (XEP-0313 §3.2).
/// </summary>
internal sealed class ArchiveReader(InboxStore inbox, RetentionTerms terms, ArchiveOptions options)
{
    // One read holds so many messages at most beside the page, whatever their size.
    private const int Step = 64;

    /// <summary>Reads the page a query asks for; null when an id that it names is not in the archive (XEP-0313 §4.1.3, §4.3.2).</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<ArchivePage?> ReadAsync(Jid account, ArchiveQuery query, CancellationToken cancel)
    {
        await CatchUpAsync(cancel);
        long after = long.MinValue, before = long.MaxValue;
        foreach (string? id in (string?[])[query.AfterId, query.Page.After])
        {
            if (id is null) continue;
            if (await PlaceAsync(account, id, cancel) is not { } place) return null;
            after = Math.Max(after, place);
        }
        foreach (string? id in (string?[])[query.BeforeId, query.Page.Before])
        {
            if (id is null) continue;
            if (await PlaceAsync(account, id, cancel) is not { } place) return null;
            before = Math.Min(before, place);
        }
        DateTimeOffset? start = query.Start is { } first ? ArchiveTime.First(first) : null, cut = await terms.CutAsync(account, cancel);
        LogQuery ask = Everything() with
        {
            Box = query.Box,
            After = after == long.MinValue ? null : after,
            Before = before == long.MaxValue ? null : before,
            Start = start > cut || cut is null ? start : cut,
            End = query.End is { } last ? ArchiveTime.Last(last) : null,
            // Who writes to himself is his own peer (§4.1.1). One of his own resources has messages with anybody.
            Peer = query.With is { } with && (with.IsBare || with.Bare != account) ? with.Bare : null,
            Containing = query.With is { IsFull: true } resource ? InAttribute(resource) : default,
            Backwards = query.Page.IsFromEnd,
        };

        // XEP-0059 §2.7: who asks for no item asks how many there are. Counted as far as a page goes.
        bool isCount = query.Page.Max == 0;
        int limit = isCount ? options.LargestPage : Math.Min(query.Page.Max ?? options.PageMessages, options.LargestPage);
        var page = new PageBuilder(query.With is { IsFull: true } full ? full : null, limit, options.PageBytes, isCount);
        if (query.Ids is null)
            await CollectAsync(account, ask, page, cancel);
        else if (!await CollectAsync(account, query.Ids, ask, cut, page, cancel))
            return null;
        int? count = !page.IsOver && query.Page is { Before: null, After: null } ? page.Count : null;
        return new ArchivePage(page.Ascending(ask.Backwards), !page.IsOver && (!isCount || page.Count == 0), count);
    }

    /// <summary>The first and the last message; null when there is none (XEP-0313 §5).</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<(LogEntry First, LogEntry Last)?> ReadEndsAsync(Jid account, CancellationToken cancel)
    {
        await CatchUpAsync(cancel);
        LogQuery ask = Everything() with { Start = await terms.CutAsync(account, cancel), Limit = 1 };
        IReadOnlyList<LogEntry> first = await inbox.ReadAsync(account, ask, cancel);
        IReadOnlyList<LogEntry> last = await inbox.ReadAsync(account, ask with { Backwards = true }, cancel);
        return first.Count == 0 || last.Count == 0 ? null : (first[0], last[0]);
    }

    // The log knows peers without resource. What does not have the address in an attribute need not be parsed.
    private static ReadOnlyMemory<byte> InAttribute(Jid full)
    {
        byte[] message = StanzaWriter.ToCanonical(new Message { From = full });
        int start = message.AsSpan().IndexOf(" from="u8) + " from=".Length;
        return message.AsMemory(start, message.AsSpan(start + 1).IndexOf((byte)'\'') + 2);
    }

    private static LogQuery Everything() => new() { Box = "" };

    /// <summary>Waits until all that anybody may have seen is in the store: messages are delivered before they are durable.</summary>
    private async ValueTask CatchUpAsync(CancellationToken cancel)
    {
        // A store that takes nothing new can still be read.
        await inbox.Engine.Commit(new StorageBatch()).WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    // Also the place of a message that was removed, so that paging goes on from there.
    private async ValueTask<long?> PlaceAsync(Jid account, string id, CancellationToken cancel) =>
        inbox.TryParseStanzaId(account, id, out long sequence) && await inbox.Engine.HasPlaceAsync(InboxStore.Log, account, sequence, cancel) ? sequence : null;

    private async ValueTask CollectAsync(Jid account, LogQuery ask, PageBuilder page, CancellationToken cancel)
    {
        while (!page.IsOver)
        {
            ask = ask with { Limit = Math.Min(page.Wanted, Step) };
            IReadOnlyList<LogEntry> step = await inbox.ReadAsync(account, ask, cancel);
            foreach (LogEntry entry in ask.Backwards ? step.Reverse() : step)
                page.Add(entry);
            if (step.Count < ask.Limit)
                return;
            ask = ask.Backwards ? ask with { Before = step[0].Sequence } : ask with { After = step[^1].Sequence };
        }
    }

    // False when one of them is not in the archive.
    private async ValueTask<bool> CollectAsync(Jid account, IReadOnlyList<string> ids, LogQuery ask, DateTimeOffset? cut, PageBuilder page, CancellationToken cancel)
    {
        var sequences = new SortedSet<long>();
        foreach (string id in ids)
        {
            if (!inbox.TryParseStanzaId(account, id, out long sequence))
                return false;
            sequences.Add(sequence);
        }
        foreach (long[] step in (ask.Backwards ? sequences.Reverse() : sequences).Chunk(Step))
        {
            IReadOnlyList<LogEntry> found = await inbox.ReadAsync(account, step, cancel);
            if (found.Count < step.Length || found.Any(entry => entry.Box != ask.Box || entry.Time < cut))
                return false;
            foreach (LogEntry entry in found.Where(entry => IsAsked(entry, ask)))
                page.Add(entry);
        }
        return true;
    }

    private static bool IsAsked(LogEntry entry, LogQuery ask) =>
        !(entry.Sequence <= ask.After) && !(entry.Sequence >= ask.Before)
        && !(entry.Time < ask.Start) && !(entry.Time > ask.End)
        && (ask.Peer is null || ask.Peer == entry.Peer);
}
