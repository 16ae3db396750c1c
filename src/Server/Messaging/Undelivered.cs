using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// The sequences of one account's log that were not delivered yet, with how many outboxes carry each. Under the presentity's gate. An
/// account that never had one pays nothing.
/// </summary>
internal sealed class Undelivered
{
    /// <summary>What a live conversation needs again with each message stays, about 1 KB; what a flood made grow goes.</summary>
    private const int Kept = 40;

    private Dictionary<long, Entry>? entries;

    public Undelivered(IReadOnlyList<UndeliveredEntry> stored)
    {
        foreach (UndeliveredEntry entry in stored)
            Add(entry.Sequence, entry.Bytes, carriers: 0, isPassing: false);
    }

    public int Count => entries?.Count ?? 0;

    public long Bytes { get; private set; }

    /// <summary>True while a session asks for what waits by itself (XEP-0013): see <see cref="Hold"/>.</summary>
    public bool IsHeld { get; private set; }

    /// <param name="sequence">Its place in the log.</param>
    /// <param name="bytes">The length of its content.</param>
    /// <param name="carriers">How many outboxes hold it.</param>
    /// <param name="isPassing">True when it lies in the box <see cref="InboxStore.Passing"/>; of what was read from the store see <see cref="Passes"/>.</param>
    public void Add(long sequence, int bytes, int carriers, bool isPassing)
    {
        (entries ??= []).Add(sequence, new Entry(bytes, carriers) { IsPassing = isPassing, IsHeld = IsHeld && carriers == 0 });
        Bytes += bytes;
    }

    /// <summary>An entry that was read from the store turned out to be in the box <see cref="InboxStore.Passing"/>.</summary>
    public void Passes(long sequence)
    {
        if (entries is null)
            return;
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(entries, sequence);
        if (!Unsafe.IsNullRef(ref entry))
            entry.IsPassing = true;
    }

    /// <inheritdoc cref="Remove(long, out bool)"/>
    public bool Remove(long sequence) => Remove(sequence, out _);

    /// <summary>True when it was undelivered until now.</summary>
    /// <param name="sequence">Its place in the log.</param>
    /// <param name="isPassing">True when it is to be deleted now that it is delivered.</param>
    public bool Remove(long sequence, out bool isPassing)
    {
        isPassing = false;
        if (entries is null || !entries.Remove(sequence, out Entry entry))
            return false;
        isPassing = entry.IsPassing;
        Bytes -= entry.Bytes;
        if (entries.Count == 0 && entries.Capacity > Kept)
            entries = null;
        return true;
    }

    /// <summary>An outbox gave it back unwritten. True when no other carries it now.</summary>
    public bool PutBack(long sequence)
    {
        if (entries is null)
            return false;
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(entries, sequence);
        if (Unsafe.IsNullRef(ref entry))
            return false;
        entry.Carriers--;
        return entry.Carriers == 0;
    }

    /// <summary>What no outbox carries, oldest first.</summary>
    public List<UndeliveredEntry> Waiting()
    {
        var waiting = new List<UndeliveredEntry>();
        foreach (KeyValuePair<long, Entry> entry in entries ?? [])
        {
            if (entry.Value.Carriers == 0)
                waiting.Add(new UndeliveredEntry(entry.Key, entry.Value.Bytes));
        }
        waiting.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return waiting;
    }

    /// <summary>A rule of the owner's has it wait for one who comes: not for those who are there, whoever of them leaves.</summary>
    public void Quieten(long sequence)
    {
        if (entries is null)
            return;
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrNullRef(entries, sequence);
        if (!Unsafe.IsNullRef(ref entry))
            entry.IsQuiet = true;
    }

    /// <summary>True when it is undelivered and no outbox carries it.</summary>
    public bool IsWaiting(long sequence) => entries is not null && entries.TryGetValue(sequence, out Entry entry) && entry.Carriers == 0;

    /// <summary>What waits, and what comes while nobody takes it, goes to no session before <see cref="Release"/>. What one gives back still does.</summary>
    public void Hold() => SetHeld(true);

    public void Release() => SetHeld(false);

    private void SetHeld(bool isHeld)
    {
        IsHeld = isHeld;
        foreach (UndeliveredEntry waiting in Waiting())
            CollectionsMarshal.GetValueRefOrNullRef(entries!, waiting.Sequence).IsHeld = isHeld;
    }

    /// <summary>Hands what no outbox carries, oldest first, to one; returns it.</summary>
    /// <param name="but">What that one is about to see anyhow, or null.</param>
    /// <param name="archived">What lies in the archive up to this place is left where it is; 0 for nothing.</param>
    /// <param name="isComing">True when that one was not there until now: see <see cref="Quieten"/>.</param>
    public List<UndeliveredEntry> TakeWaiting(IReadOnlySet<long>? but, long archived, bool isComing)
    {
        var taken = new List<UndeliveredEntry>();
        if (entries is null)
            return taken;
        foreach (KeyValuePair<long, Entry> entry in entries)
        {
            if (entry.Value is { Carriers: 0, IsHeld: false } && (isComing || !entry.Value.IsQuiet) && (entry.Key > archived || entry.Value.IsPassing) && but?.Contains(entry.Key) != true)
                taken.Add(new UndeliveredEntry(entry.Key, entry.Value.Bytes));
        }
        taken.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        foreach (UndeliveredEntry entry in taken)
            CollectionsMarshal.GetValueRefOrNullRef(entries, entry.Sequence).Carriers = 1;
        return taken;
    }

    private struct Entry(int bytes, int carriers)
    {
        public readonly int Bytes = bytes;
        public int Carriers = carriers;
        public bool IsPassing;
        public bool IsHeld;
        public bool IsQuiet;
    }
}
