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
    private readonly LogTail.View tail;
    private readonly long? log;
    private readonly UndeliveredSet undelivered;

    /// <summary>Pins the snapshot; the transaction is ended by whoever lent the connection.</summary>
    public LogReader(Database database, LogTails tails, LogKey key)
    {
        this.database = database;
        var statement = database["""
            SELECT log.id, log.undelivered FROM account CROSS JOIN log ON log.account = account.id AND log.name = ?2 WHERE account.jid = ?1
            """].BindText(1, key.Account.Utf8).BindText(2, key.Log);
        byte[] blob;
        lock (tails.Gate)
        {
            database.Execute("BEGIN");
            var found = statement.Step();
            log = found ? statement.Long(0) : null;
            blob = found ? statement.Blob(1) : [];
            _ = tails.TryView(key, out tail);
        }
        statement.Reset();
        undelivered = UndeliveredSet.Read(blob);
    }

    public IReadOnlyList<UndeliveredEntry> Undelivered() => undelivered.With(tail).Entries;

    public bool HasPlace(long sequence)
    {
        if (tail.TryFind(sequence, out _)) return true;
        var entries = log is { } id ? ChunkWith(id, sequence) : [];
        return Find(entries, sequence) >= 0;
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
        // Pages ask for neighbours: the chunk of the one before is likely the chunk of the next.
        TailEntry[] entries = [];
        foreach (var sequence in sequences)
        {
            if (tail.TryFind(sequence, out var entry))
            {
                if (!entry.Deleted) found.Add(entry.ToLogEntry(entry.Undelivered));
                continue;
            }
            if (log is not { } id || tail.IsDeleted(sequence)) continue;
            if (entries.Length == 0 || sequence < entries[0].Sequence || sequence > entries[^1].Sequence) entries = ChunkWith(id, sequence);
            var at = Find(entries, sequence);
            if (at >= 0 && !entries[at].Deleted) found.Add(entries[at].ToLogEntry(IsUndelivered(sequence)));
        }
        return found;
    }

    public IReadOnlyList<LogEntry> Read(LogQuery query)
    {
        var found = new List<LogEntry>();
        if (query.Limit <= 0) return found;
        if (log is { } id) ReadChunks(id, query, found);
        var merged = found.Count;
        var inTail = tail.Entries;
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
        var statement = Select(query).Bind(1, log).Bind(2, from).Bind(3, to);
        while (found.Count < query.Limit && statement.Step())
        {
            var entries = Chunk.Read(statement.Blob(0));
            for (var i = 0; i < entries.Length && found.Count < query.Limit; i++)
            {
                ref readonly var entry = ref entries[query.Backwards ? entries.Length - 1 - i : i];
                if (entry.Matches(query) && !tail.IsDeleted(entry.Sequence)) found.Add(entry.ToLogEntry(IsUndelivered(entry.Sequence)));
            }
        }
        statement.Reset();
    }

    private Statement Select(LogQuery query)
    {
        const string All = "SELECT data FROM chunk WHERE log = ?1 AND first >= ?2 AND first <= ?3 AND live > 0 ORDER BY first";
        const string Faceted = """
            SELECT c.data FROM facet f CROSS JOIN chunk c ON c.log = f.log AND c.first = f.first
            WHERE f.log = ?1 AND f.facet = ?4 AND f.first >= ?2 AND f.first <= ?3 AND c.live > 0 ORDER BY f.first
            """;
        long? facet = query.Peer is { } peer ? Chunk.FacetOf(peer) : query.Box is { Length: > 0 } box ? Chunk.FacetOf(box) : null;
        return facet is { } hash
            ? database[query.Backwards ? Faceted + " DESC" : Faceted].Bind(4, hash)
            : database[query.Backwards ? All + " DESC" : All];
    }

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

    private TailEntry[] ChunkWith(long log, long sequence)
    {
        var statement = database["SELECT data, last FROM chunk WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1"].Bind(1, log).Bind(2, sequence);
        var data = statement.Step() && statement.Long(1) >= sequence ? statement.Blob(0) : null;
        statement.Reset();
        return data is null ? [] : Chunk.Read(data);
    }

    private static int Find(TailEntry[] entries, long sequence)
    {
        int low = 0, high = entries.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (entries[middle].Sequence == sequence) return middle;
            if (entries[middle].Sequence < sequence) low = middle + 1;
            else high = middle - 1;
        }
        return ~low;
    }
}
