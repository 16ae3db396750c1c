using System.Runtime.InteropServices;
using PresenceXml.Protocol;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Puts entries of one log into its chunks. Chunks of a log never overlap; the first sequence of a chunk never changes, so its facets
/// stay right. A merge appends to the last chunk or begins a new one, whichever rewrites little and leaves few chunks.
/// </summary>
internal sealed class ChunkWriter(Database database, int chunkBytes)
{
    /// <summary>A chunk of at most half a page is always appended to: a smaller one would not make the write smaller.</summary>
    private const int SmallBytes = Schema.PageBytes / 2;

    /// <summary>A last chunk up to this many times the new entries is written again with them: each byte is then written about twice.</summary>
    private const int RewriteFactor = 4;

    private const int EntryBytes = 24, MaxEntries = 1024;

    private readonly ByteWriter writer = new(64 * 1024);

    /// <summary>Bytes written since the store was opened.</summary>
    public long Written { get; private set; }

    /// <summary>Adds entries, ascending; those with a sequence that is there already are left out.</summary>
    public void Append(long log, ReadOnlySpan<TailEntry> entries)
    {
        while (!entries.IsEmpty)
        {
            var found = FindAt(log, entries[0].Sequence, out var id, out var last, out var size);
            var next = NextFirst(log, entries[0].Sequence);
            var run = 0;
            long bytes = 0;
            while (run < entries.Length && !(entries[run].Sequence >= next)) bytes += EntryBytes + entries[run++].Content.Length;
            var mine = entries[..run];
            entries = entries[run..];
            if (!found || (mine[0].Sequence > last && (size >= chunkBytes || size > Math.Max(SmallBytes, RewriteFactor * bytes))))
                Write(log, null, mine, 0);
            else
                Extend(log, id, last, mine);
        }
    }

    /// <summary>Takes entries away, leaving their places.</summary>
    public void Delete(long log, IEnumerable<long> sequences) => Change(log, sequences, null);

    /// <summary>Puts entries into another box.</summary>
    public void Move(long log, IEnumerable<long> sequences, string box) => Change(log, sequences, box);

    // Without a box they are taken away.
    private void Change(long log, IEnumerable<long> sequences, string? box)
    {
        long id = 0, last = -1;
        TailEntry[] entries = [];
        var gone = new HashSet<long>();
        var changed = false;
        foreach (var sequence in sequences.Order())
        {
            if (sequence > last)
            {
                if (changed) WriteChanged(log, id, entries, gone, box);
                changed = false;
                if (!FindAt(log, sequence, out id, out last, out _) || sequence > last) continue;
                entries = Load(id);
            }
            var at = entries.AsSpan().BinarySearch(new Place(sequence));
            if (at < 0 || entries[at].Deleted || entries[at].Box == box) continue;
            if (entries[at].Box is { Length: > 0 } old) _ = gone.Add(Chunk.FacetOf(old));
            if (box is null)
            {
                _ = gone.Add(Chunk.FacetOf(entries[at].Peer!));
                entries[at].Clear();
            }
            else
            {
                entries[at].Box = box;
            }
            changed = true;
        }
        if (changed) WriteChanged(log, id, entries, gone, box);
    }

    /// <summary>A chunk some of whose entries are deleted or moved; it is found under the box they went to, and not under what had only those.</summary>
    private void WriteChanged(long log, long id, ReadOnlySpan<TailEntry> entries, HashSet<long> gone, string? box)
    {
        Write(log, id, entries, entries.Length);
        if (box is { Length: > 0 }) AddFacet(log, Chunk.FacetOf(box), entries[0].Sequence);
        foreach (ref readonly var entry in entries)
        {
            if (entry.Deleted) continue;
            _ = gone.Remove(Chunk.FacetOf(entry.Peer!));
            if (entry.Box!.Length > 0) _ = gone.Remove(Chunk.FacetOf(entry.Box));
        }
        foreach (var facet in gone)
            database["DELETE FROM facet WHERE log = ?1 AND facet = ?2 AND first = ?3"].Bind(1, log).Bind(2, facet).Bind(3, entries[0].Sequence).Run();
        gone.Clear();
    }

    private void Extend(long log, long id, long last, ReadOnlySpan<TailEntry> added)
    {
        var old = Load(id);
        if (added[0].Sequence > last)
        {
            Write(log, id, [.. old, .. added], old.Length);
            return;
        }
        // Two resources of one account sent at once: a later commit brings an earlier sequence.
        var all = new List<TailEntry>(old);
        foreach (ref readonly var entry in added)
        {
            var at = CollectionsMarshal.AsSpan(all).BinarySearch(new Place(entry.Sequence));
            if (at < 0) all.Insert(~at, entry);
        }
        Write(log, id, CollectionsMarshal.AsSpan(all), 0);
    }

    /// <summary>Writes entries as one or several chunks; the first takes the place of chunk <paramref name="id"/>. Entries below <paramref name="known"/> have their facets.</summary>
    private void Write(long log, long? id, ReadOnlySpan<TailEntry> entries, int known)
    {
        var start = 0;
        while (start < entries.Length)
        {
            var end = start;
            for (var bytes = 0; end < entries.Length && end - start < MaxEntries && (bytes < chunkBytes || end == start); end++)
                bytes += EntryBytes + entries[end].Content.Length;
            WriteOne(log, id, entries[start..end]);
            AddFacets(log, entries[start].Sequence, entries[(start == 0 && id is not null ? Math.Min(known, end) : start)..end]);
            id = null;
            start = end;
        }
    }

    private void WriteOne(long log, long? id, ReadOnlySpan<TailEntry> entries)
    {
        long earliest = long.MaxValue, latest = long.MinValue, live = 0;
        foreach (ref readonly var entry in entries)
        {
            earliest = Math.Min(earliest, entry.Time);
            latest = Math.Max(latest, entry.Time);
            if (!entry.Deleted) live++;
        }
        writer.Clear();
        Chunk.Write(entries, writer);
        Written += writer.Length;
        var statement = id is { } old
            ? database["UPDATE chunk SET log = ?1, first = ?2, last = ?3, first_time = ?4, last_time = ?5, live = ?6, data = ?7 WHERE id = ?8"].Bind(8, old)
            : database["INSERT INTO chunk (log, first, last, first_time, last_time, live, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"];
        statement.Bind(1, log).Bind(2, entries[0].Sequence).Bind(3, entries[^1].Sequence).Bind(4, earliest).Bind(5, latest).Bind(6, live).Bind(7, writer.Written).Run();
    }

    private void AddFacets(long log, long first, ReadOnlySpan<TailEntry> entries)
    {
        var peers = new HashSet<Jid>();
        var boxes = new HashSet<string>(StringComparer.Ordinal);
        foreach (ref readonly var entry in entries)
        {
            if (entry.Deleted) continue;
            if (peers.Add(entry.Peer!)) AddFacet(log, Chunk.FacetOf(entry.Peer!), first);
            if (entry.Box!.Length > 0 && boxes.Add(entry.Box)) AddFacet(log, Chunk.FacetOf(entry.Box), first);
        }
    }

    private void AddFacet(long log, long facet, long first) =>
        database["INSERT OR IGNORE INTO facet (log, facet, first) VALUES (?1, ?2, ?3)"].Bind(1, log).Bind(2, facet).Bind(3, first).Run();

    /// <summary>The chunk that has the sequence, or the one before it.</summary>
    private bool FindAt(long log, long sequence, out long id, out long last, out long size)
    {
        var statement = database["SELECT id, last, length(data) FROM chunk WHERE log = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1"].Bind(1, log).Bind(2, sequence);
        var found = statement.Step();
        (id, last, size) = found ? (statement.Long(0), statement.Long(1), statement.Long(2)) : (0, -1, 0);
        statement.Reset();
        return found;
    }

    private long? NextFirst(long log, long sequence) =>
        database["SELECT min(first) FROM chunk WHERE log = ?1 AND first > ?2"].Bind(1, log).Bind(2, sequence).Scalar();

    private TailEntry[] Load(long id)
    {
        var statement = database["SELECT data FROM chunk WHERE id = ?1"].Bind(1, id);
        var data = statement.Step() ? statement.Blob(0) : throw ByteReader.Damaged();
        statement.Reset();
        return Chunk.Read(data);
    }

    private readonly struct Place(long sequence) : IComparable<TailEntry>
    {
        public int CompareTo(TailEntry other) => sequence.CompareTo(other.Sequence);
    }
}
