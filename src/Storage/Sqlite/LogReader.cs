using System.Runtime.InteropServices;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Reads of one log at one moment: its chunks in a pinned database snapshot and its tail of the same moment.
/// </summary>
internal sealed class LogReader
{
    /// <summary>First bytes of a chunk that are read for its heads; more when they do not fit.</summary>
    private const int HeadBytes = 4096;

    private readonly Database database;
    private readonly UndeliveredSet undelivered;
    private LogTail.View tail;
    private long? log;
    private readonly List<ChunkEntry> heads = [];

    /// <summary>Pins the snapshot; the transaction is ended by whoever lent the connection.</summary>
    public LogReader(Database database, LogTails tails, LogKey key)
    {
        this.database = database;
        byte[]? blob;
        // Without a lock, for a reader that is kept waiting must not keep commits waiting; only one that a merge has overtaken takes it.
        if (!TryPin(tails, key, out blob))
        {
            lock (tails.Changing) _ = TryPin(tails, key, out blob);
        }
        undelivered = UndeliveredSet.Read(blob);
    }

    /// <summary>False when chunks and tail are not of one moment.</summary>
    private bool TryPin(LogTails tails, LogKey key, out byte[]? blob)
    {
        blob = null;
        var before = tails.Changes;
        if (before % 2 != 0) return false;
        var statement = database["""
            SELECT log.id, log.undelivered FROM account CROSS JOIN log ON log.account = account.id AND log.name = ?2 WHERE account.jid = ?1
            """].BindText(1, key.Account.Utf8).BindText(2, key.Log);
        database.Execute("BEGIN");
        var found = statement.Step();
        log = found ? statement.Long(0) : null;
        blob = found ? statement.Blob(1) : null;
        statement.Reset();
        bool isOne;
        lock (tails.Gate)
        {
            _ = tails.TryView(key, out tail);
            isOne = tails.Changes == before;
        }
        if (!isOne) database.Rollback();
        return isOne;
    }

    public IReadOnlyList<UndeliveredEntry> Undelivered() => undelivered.With(tail).Entries;

    public bool HasPlace(long sequence)
    {
        if (tail.TryFind(sequence, out _)) return true;
        if (log is not { } id || !TryFindChunk(id, sequence, out var chunks)) return false;
        var chunk = new ChunkReader(chunks.Span(0));
        var found = false;
        while (!found && chunk.Next() && chunk.Current.Sequence <= sequence) found = chunk.Current.Sequence == sequence;
        chunks.Reset();
        return found;
    }

    /// <summary>The newest mark of a handle; looks no further back than the handle itself, and only at heads.</summary>
    public LogMark? FindMark(long handle)
    {
        LogMark? found = null;
        var after = handle;
        var inTail = tail.Entries;
        for (var i = inTail.Length - 1; i >= 0 && found is null && inTail[i].Sequence > handle; i--)
        {
            if (inTail[i].Mark.Handle == handle) (found, after) = (inTail[i].Mark, inTail[i].Sequence);
        }
        // What is merged is older than the tail, or nearly: two resources may commit in another order than their sequences were given.
        return log is { } id ? FindMark(id, handle, after) ?? found : found;
    }

    private LogMark? FindMark(long log, long handle, long after)
    {
        var head = new byte[HeadBytes];
        LogMark? found = null;
        var statement = database["SELECT id, last FROM chunk WHERE log = ?1 ORDER BY first DESC"].Bind(1, log);
        while (found is null && statement.Step() && statement.Long(1) > after)
        {
            var id = statement.Long(0);
            found = Chunk.FindMark(database.BlobStart("chunk", "data", id, head), handle, after, out var needed);
            if (needed == 0) continue;
            if (needed > head.Length) head = new byte[needed];
            found = Chunk.FindMark(database.BlobStart("chunk", "data", id, head.AsSpan(0, needed)), handle, after, out needed);
            if (needed > 0) throw ByteReader.Damaged();
        }
        statement.Reset();
        return found;
    }

    public IReadOnlyList<LogEntry> Read(IReadOnlyList<long> sequences)
    {
        var found = new List<LogEntry>(sequences.Count);
        for (var i = 0; i < sequences.Count;)
        {
            if (TryReadTail(sequences[i], found) || log is not { } id || !TryFindChunk(id, sequences[i], out var chunks)) i++;
            else
            {
                i = ReadNeighbours(chunks.Span(0), sequences, i, found);
                chunks.Reset();
            }
        }
        return found;
    }

    public IReadOnlyList<LogEntry> Read(LogQuery query)
    {
        var found = new List<LogEntry>();
        if (query.Limit <= 0) return found;
        if (log is { } id) ReadChunks(id, query, found);
        var merged = found.Count;
        var inTail = tail.Between(query.After, query.Before);
        for (int i = 0, added = 0; i < inTail.Length && added < query.Limit; i++)
        {
            ref readonly var entry = ref inTail[query.Backwards ? inTail.Length - 1 - i : i];
            if (!entry.Matches(query)) continue;
            found.Add(entry.ToLogEntry(entry.Undelivered));
            added++;
        }
        if (query.Backwards || (merged > 0 && found.Count > merged && found[merged].Sequence < found[merged - 1].Sequence))
            found.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        if (found.Count > query.Limit)
            found.RemoveRange(query.Backwards ? 0 : query.Limit, found.Count - query.Limit);
        return found;
    }

    /// <summary>Shows every entry; returns how many.</summary>
    public int Visit(LogVisitor visit, CancellationToken cancel)
    {
        var count = 0;
        if (log is { } id)
        {
            var chunks = database["SELECT data FROM chunk WHERE log = ?1 AND live > 0 ORDER BY first"].Bind(1, id);
            while (chunks.Step())
            {
                cancel.ThrowIfCancellationRequested();
                count += Visit(chunks.Span(0), visit);
            }
            chunks.Reset();
        }
        foreach (ref readonly var entry in tail.Entries)
        {
            if (entry.Deleted) continue;
            visit(new(entry.Sequence, new DateTimeOffset(entry.Time, TimeSpan.Zero), entry.Peer!, entry.Box!, entry.Outgoing, entry.Undelivered), entry.Content.Span);
            count++;
        }
        return count;
    }

    private int Visit(ReadOnlySpan<byte> data, LogVisitor visit)
    {
        var chunk = new ChunkReader(data);
        heads.Clear();
        while (chunk.Next())
        {
            if (!chunk.Current.Deleted && !tail.IsDeleted(chunk.Current.Sequence)) heads.Add(chunk.Current);
        }
        foreach (var head in heads)
        {
            visit(
                new(head.Sequence, new DateTimeOffset(head.Time, TimeSpan.Zero), chunk.Peer(head.Peer), chunk.Box(head.Box), head.Outgoing, IsUndelivered(head.Sequence)),
                data[chunk.ContentOf(head)]);
        }
        return heads.Count;
    }

    /// <summary>True when the chunks need not be asked: the tail has the entry, or knows that it is deleted.</summary>
    private bool TryReadTail(long sequence, List<LogEntry> found)
    {
        if (!tail.TryFind(sequence, out var entry)) return tail.IsDeleted(sequence);
        if (!entry.Deleted) found.Add(entry.ToLogEntry(entry.Undelivered));
        return true;
    }

    /// <summary>Pages ask for neighbours: adds, from number <paramref name="i"/> on, what lies in one chunk; returns the number of the first that does not.</summary>
    private int ReadNeighbours(ReadOnlySpan<byte> data, IReadOnlyList<long> sequences, int i, List<LogEntry> found)
    {
        var chunk = new ChunkReader(data);
        heads.Clear();
        while (chunk.Next()) heads.Add(chunk.Current);
        // The row says that the first one asked for is in its range.
        if (heads.Count == 0 || sequences[i] < heads[0].Sequence || sequences[i] > heads[^1].Sequence) throw ByteReader.Damaged();
        for (; i < sequences.Count && sequences[i] >= heads[0].Sequence && sequences[i] <= heads[^1].Sequence; i++)
        {
            if (TryReadTail(sequences[i], found)) continue;
            var at = CollectionsMarshal.AsSpan(heads).BinarySearch(new Place(sequences[i]));
            if (at >= 0 && !heads[at].Deleted) found.Add(Entry(ref chunk, data, heads[at]));
        }
        return i;
    }

    private bool IsUndelivered(long sequence) => undelivered.Contains(sequence) && !tail.IsDelivered(sequence);

    /// <summary>Adds what the chunks have, in the direction of the query, at most a page.</summary>
    private void ReadChunks(long log, LogQuery query, List<LogEntry> found)
    {
        var from = long.MinValue;
        var to = query.Before - 1 ?? long.MaxValue;
        if (query.After is { } after) from = FirstAt(log, after) ?? from;
        if (query.Start is { } start)
        {
            if (FirstEndingFrom(log, start.UtcTicks) is not { } first) return;
            from = Math.Max(from, first);
        }
        if (query.End is { } end)
        {
            if (LastBeginningTo(log, end.UtcTicks) is not { } last) return;
            to = Math.Min(to, last);
        }
        var statement = Select(log, query, from, to);
        while (found.Count < query.Limit && statement.Step()) ReadChunk(statement.Span(0), query, found);
        statement.Reset();
    }

    private void ReadChunk(ReadOnlySpan<byte> data, LogQuery query, List<LogEntry> found)
    {
        var chunk = new ChunkReader(data);
        int? peer = query.Peer is null ? null : chunk.Find(query.Peer), box = query.Box is null ? null : chunk.Find(query.Box);
        if (peer < 0 || box < 0) return;
        heads.Clear();
        while (chunk.Next())
        {
            ref readonly var head = ref chunk.Current;
            if (head.Deleted || (peer is not null && head.Peer != peer) || (box is not null && head.Box != box)
                || head.Sequence <= query.After || head.Sequence >= query.Before
                || head.Time < query.Start?.UtcTicks || head.Time > query.End?.UtcTicks
                || tail.IsDeleted(head.Sequence)) continue;
            heads.Add(head);
        }
        for (var i = 0; i < heads.Count && found.Count < query.Limit; i++)
        {
            var head = heads[query.Backwards ? heads.Count - 1 - i : i];
            if (query.Containing.IsEmpty || data[chunk.ContentOf(head)].IndexOf(query.Containing.Span) >= 0) found.Add(Entry(ref chunk, data, head));
        }
    }

    // The content alone is copied: a page from many chunks must not keep them all.
    private LogEntry Entry(ref ChunkReader chunk, ReadOnlySpan<byte> data, in ChunkEntry head) =>
        new(head.Sequence, new DateTimeOffset(head.Time, TimeSpan.Zero), chunk.Peer(head.Peer), chunk.Box(head.Box), head.Outgoing, IsUndelivered(head.Sequence), data[chunk.ContentOf(head)].ToArray())
        {
            Mark = head.Mark.Handle == 0 ? null : head.Mark,
        };

    private Statement Select(long log, LogQuery query, long from, long to)
    {
        const string All = "SELECT data FROM chunk WHERE log = ?1 AND first >= ?2 AND first <= ?3 AND live > 0 ORDER BY first";
        const string OfFacet = """
            SELECT c.data FROM facet f CROSS JOIN chunk c ON c.log = f.log AND c.first = f.first
            WHERE f.log = ?1 AND f.facet = ?4 AND f.first >= ?2 AND f.first <= ?3 AND c.live > 0 ORDER BY f.first
            """;
        const string OfBoth = """
            SELECT c.data FROM facet f CROSS JOIN chunk c ON c.log = f.log AND c.first = f.first
            WHERE f.log = ?1 AND f.facet = ?4 AND f.first >= ?2 AND f.first <= ?3 AND c.live > 0
                AND EXISTS (SELECT 1 FROM facet o WHERE o.log = ?1 AND o.facet = ?5 AND o.first = f.first) ORDER BY f.first
            """;
        long? peer = query.Peer is null ? null : Chunk.FacetOf(query.Peer);
        long? box = query.Box is null or "" ? null : Chunk.FacetOf(query.Box);
        var sql = (peer, box) switch
        {
            (null, null) => All,
            (_, null) or (null, _) => OfFacet,
            _ => OfBoth,
        };
        var statement = database[query.Backwards ? sql + " DESC" : sql].Bind(1, log).Bind(2, from).Bind(3, to);
        if (peer is { } of && box is { } within)
        {
            var (rarer, other) = Count(log, within, from, to) <= Count(log, of, from, to) ? (within, of) : (of, within);
            return statement.Bind(4, rarer).Bind(5, other);
        }
        return (peer ?? box) is { } facet ? statement.Bind(4, facet) : statement;
    }

    /// <summary>The chunks with a facet, counted as far as it takes to tell few from many.</summary>
    private long Count(long log, long facet, long from, long to) =>
        database["SELECT count(*) FROM (SELECT 1 FROM facet WHERE log = ?1 AND facet = ?2 AND first >= ?3 AND first <= ?4 LIMIT 256)"]
            .Bind(1, log).Bind(2, facet).Bind(3, from).Bind(4, to).Scalar()!.Value;

    private long? FirstAt(long log, long sequence) =>
        database["SELECT max(first) FROM chunk WHERE log = ?1 AND first <= ?2"].Bind(1, log).Bind(2, sequence).Scalar();

    /// <summary>The first chunk with an entry at or after a time. Times may step back a little between neighbours, so neighbours are looked at.</summary>
    private long? FirstEndingFrom(long log, long time)
    {
        var first = database["SELECT first FROM chunk WHERE log = ?1 AND last_time >= ?2 ORDER BY last_time, first LIMIT 1"].Bind(1, log).Bind(2, time).Scalar();
        return Walk(first, log, time, "SELECT first, last_time >= ?3 FROM chunk WHERE log = ?1 AND first < ?2 ORDER BY first DESC LIMIT 1");
    }

    /// <summary>The last chunk with an entry at or before a time.</summary>
    private long? LastBeginningTo(long log, long time)
    {
        var last = database["SELECT first FROM chunk WHERE log = ?1 AND first_time <= ?2 ORDER BY first_time DESC, first DESC LIMIT 1"].Bind(1, log).Bind(2, time).Scalar();
        return Walk(last, log, time, "SELECT first, first_time <= ?3 FROM chunk WHERE log = ?1 AND first > ?2 ORDER BY first LIMIT 1");
    }

    private long? Walk(long? first, long log, long time, string neighbour)
    {
        while (first is { } current)
        {
            var statement = database[neighbour].Bind(1, log).Bind(2, current).Bind(3, time);
            long? next = statement.Step() && statement.Long(1) != 0 ? statement.Long(0) : null;
            statement.Reset();
            if (next is null) break;
            first = next;
        }
        return first;
    }

    /// <summary>The chunk in whose range a sequence lies, in column 0; to be reset.</summary>
    private bool TryFindChunk(long log, long sequence, out Statement chunk)
    {
        chunk = database["SELECT data, last FROM chunk WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1"].Bind(1, log).Bind(2, sequence);
        if (chunk.Step() && chunk.Long(1) >= sequence) return true;
        chunk.Reset();
        return false;
    }

    private readonly struct Place(long sequence) : IComparable<ChunkEntry>
    {
        public int CompareTo(ChunkEntry other) => sequence.CompareTo(other.Sequence);
    }
}
