using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>The merged part of a log's undelivered entries, ascending. Stored as their number, then distance of sequence and bytes of each.</summary>
internal sealed class UndeliveredSet
{
    private readonly List<UndeliveredEntry> entries;

    private UndeliveredSet(List<UndeliveredEntry> entries) => this.entries = entries;

    public IReadOnlyList<UndeliveredEntry> Entries => entries;

    public static UndeliveredSet Read(ReadOnlySpan<byte> blob)
    {
        if (blob.IsEmpty) return new([]);
        var reader = new ByteReader(blob);
        var count = reader.Number();
        if (count > blob.Length) throw ByteReader.Damaged();
        var entries = new List<UndeliveredEntry>(count);
        for (long sequence = 0; count > 0; count--)
            entries.Add(new(sequence += (long)reader.Unsigned(), reader.Number()));
        return new(entries);
    }

    public byte[] ToArray()
    {
        var writer = new ByteWriter(16 + 8 * entries.Count);
        writer.Number(entries.Count);
        long last = 0;
        foreach (var entry in entries)
        {
            writer.Unsigned((ulong)(entry.Sequence - last));
            writer.Number(entry.Bytes);
            last = entry.Sequence;
        }
        return writer.ToArray();
    }

    public bool Contains(long sequence) => entries.BinarySearch(new(sequence, 0), BySequence.Instance) >= 0;

    /// <summary>What it is with a tail on top: without what the tail marks, with what the tail adds.</summary>
    public UndeliveredSet With(in LogTail.View tail)
    {
        var merged = new List<UndeliveredEntry>(entries.Count);
        if (!tail.HasMarks) merged.AddRange(entries);
        else
        {
            foreach (var entry in entries)
            {
                if (!tail.IsDelivered(entry.Sequence) && !tail.IsDeleted(entry.Sequence)) merged.Add(entry);
            }
        }
        var sorted = true;
        foreach (ref readonly var entry in tail.Entries)
        {
            if (!entry.Undelivered || entry.Deleted) continue;
            sorted &= merged.Count == 0 || merged[^1].Sequence < entry.Sequence;
            merged.Add(new(entry.Sequence, entry.Content.Length));
        }
        if (!sorted) merged.Sort(BySequence.Instance);
        return new(merged);
    }

    private sealed class BySequence : IComparer<UndeliveredEntry>
    {
        public static readonly BySequence Instance = new();

        public int Compare(UndeliveredEntry x, UndeliveredEntry y) => x.Sequence.CompareTo(y.Sequence);
    }
}
