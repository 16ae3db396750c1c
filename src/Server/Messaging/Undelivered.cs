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

    private Dictionary<long, Waiting>? entries;

    public Undelivered(IReadOnlyList<UndeliveredEntry> stored)
    {
        foreach (UndeliveredEntry entry in stored)
            Add(entry.Sequence, entry.Bytes, carriers: 0);
    }

    public int Count => entries?.Count ?? 0;

    public long Bytes { get; private set; }

    public void Add(long sequence, int bytes, int carriers)
    {
        (entries ??= []).Add(sequence, new Waiting(bytes, carriers));
        Bytes += bytes;
    }

    /// <summary>True when it was undelivered until now.</summary>
    public bool Remove(long sequence)
    {
        if (entries is null || !entries.Remove(sequence, out Waiting entry))
            return false;
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
        ref Waiting entry = ref CollectionsMarshal.GetValueRefOrNullRef(entries, sequence);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry))
            return false;
        entry.Carriers--;
        return entry.Carriers == 0;
    }

    /// <summary>Hands what no outbox carries, oldest first, to one; returns it.</summary>
    public List<UndeliveredEntry> TakeWaiting()
    {
        var taken = new List<UndeliveredEntry>();
        if (entries is null)
            return taken;
        foreach (KeyValuePair<long, Waiting> entry in entries)
        {
            if (entry.Value.Carriers == 0)
                taken.Add(new UndeliveredEntry(entry.Key, entry.Value.Bytes));
        }
        taken.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        foreach (UndeliveredEntry entry in taken)
            CollectionsMarshal.GetValueRefOrNullRef(entries, entry.Sequence).Carriers = 1;
        return taken;
    }

    private struct Waiting(int bytes, int carriers)
    {
        public readonly int Bytes = bytes;
        public int Carriers = carriers;
    }
}
