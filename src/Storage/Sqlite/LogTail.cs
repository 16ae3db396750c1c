namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// What happened to one log since it was last merged: entries, and marks on entries that lie in its chunks. Changed by the writer
/// under the lock of <see cref="LogTails"/>; a <see cref="View"/> taken under it stays as it was, except that entries may be marked.
/// </summary>
internal sealed class LogTail
{
    /// <summary>Memory of an entry besides its content.</summary>
    private const int EntryBytes = 96;

    private TailEntry[] entries = new TailEntry[4];
    private int count;
    private HashSet<long>? delivered;
    private HashSet<long>? deleted;
    private bool sharesEntries;
    private bool sharesMarks;

    /// <summary>Approximate memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds an entry in order of sequences; an entry with a known sequence is left out.</summary>
    public void Append(in TailEntry entry)
    {
        var at = count;
        while (at > 0 && entries[at - 1].Sequence >= entry.Sequence) at--;
        if (at < count)
        {
            if (entries[at].Sequence == entry.Sequence) return;
            OwnEntries();
        }
        if (count == entries.Length) Array.Resize(ref entries, 2 * count);
        Array.Copy(entries, at, entries, at + 1, count - at);
        entries[at] = entry;
        count++;
        Bytes += EntryBytes + entry.Content.Length;
    }

    /// <summary>Marks an entry delivered or deleted, here or, when it is not here, in the chunks.</summary>
    public void Mark(long sequence, bool isDeleted)
    {
        var at = Find(entries, count, sequence);
        if (at >= 0)
        {
            ref var entry = ref entries[at];
            if (entry.Deleted) return;
            if (!isDeleted)
            {
                entry.Undelivered = false;
                return;
            }
            OwnEntries();
            entries[at].Clear();
            return;
        }
        OwnMarks();
        if ((isDeleted ? deleted ??= [] : delivered ??= []).Add(sequence)) Bytes += 32;
    }

    /// <summary>Puts an entry that is here into another box.</summary>
    public void Move(long sequence, string box)
    {
        var at = Find(entries, count, sequence);
        if (at < 0 || entries[at].Deleted) return;
        OwnEntries();
        entries[at].Box = box;
    }

    public View Snapshot()
    {
        sharesEntries = true;
        sharesMarks = delivered is not null || deleted is not null;
        return new(entries, count, delivered, deleted);
    }

    /// <summary>Copies what readers hold, before anything in it is moved or taken away.</summary>
    private void OwnEntries()
    {
        if (!sharesEntries) return;
        entries = (TailEntry[])entries.Clone();
        sharesEntries = false;
    }

    private void OwnMarks()
    {
        if (!sharesMarks) return;
        delivered = delivered is null ? null : [.. delivered];
        deleted = deleted is null ? null : [.. deleted];
        sharesMarks = false;
    }

    private static int Find(TailEntry[] entries, int count, long sequence)
    {
        int low = 0, high = count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = entries[middle].Sequence;
            if (found == sequence) return middle;
            if (found < sequence) low = middle + 1;
            else high = middle - 1;
        }
        return ~low;
    }

    /// <summary>A tail at one moment.</summary>
    public readonly struct View(TailEntry[] entries, int count, HashSet<long>? delivered, HashSet<long>? deleted)
    {
        public ReadOnlySpan<TailEntry> Entries => entries.AsSpan(0, count);

        /// <summary>The entries between two sequences, both exclusive.</summary>
        public ReadOnlySpan<TailEntry> Between(long? after, long? before)
        {
            if (count == 0 || after >= before) return [];
            var start = after is { } low ? After(Find(entries, count, low)) : 0;
            var end = before is { } high ? Before(Find(entries, count, high)) : count;
            return entries.AsSpan(start, end - start);

            static int After(int at) => at < 0 ? ~at : at + 1;

            static int Before(int at) => at < 0 ? ~at : at;
        }

        public bool TryFind(long sequence, out TailEntry entry)
        {
            var at = entries is null ? -1 : Find(entries, count, sequence);
            entry = at >= 0 ? entries![at] : default;
            return at >= 0;
        }

        /// <summary>True when an entry of the chunks is marked delivered here.</summary>
        public bool IsDelivered(long sequence) => delivered?.Contains(sequence) ?? false;

        /// <summary>True when an entry of the chunks is deleted here.</summary>
        public bool IsDeleted(long sequence) => deleted?.Contains(sequence) ?? false;

        /// <summary>Entries of the chunks that are deleted here.</summary>
        public IReadOnlyCollection<long> DeletedSequences => deleted ?? [];

        /// <summary>True when nothing in the chunks is changed by it.</summary>
        public bool HasMarks => delivered is not null || deleted is not null;
    }
}
