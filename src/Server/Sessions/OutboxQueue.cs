namespace PresenceXml.Server.Sessions;

/// <summary>What waits in an outbox, in order, and how many bytes it is. Guarded by the outbox's door.</summary>
/// <param name="bound">Bytes that may wait; 0 for no bound.</param>
internal sealed class OutboxQueue(long bound) : Ring<OutboxEntry>
{
    private readonly long bound = bound == 0 ? long.MaxValue / 4 : bound;

    /// <summary>Of the stanzas; what waits in the log does not count.</summary>
    public long Bytes { get; private set; }

    public bool Fits(int size) => Bytes + size <= bound;

    /// <summary>A second bound of the same size for what can neither be dropped nor wait elsewhere.</summary>
    public bool FitsByForce(int size) => Bytes + size <= 2 * bound;

    /// <summary>True when an answer may be put in, however large the first one is.</summary>
    public bool HasRoom(int size) => Fits(size) || Bytes == 0;

    public void Add(in OutboxEntry entry)
    {
        Enqueue(entry);
        if (entry.Stanza is not null)
            Bytes += entry.Bytes;
    }

    public OutboxEntry Take()
    {
        OutboxEntry entry = Dequeue();
        if (entry.Stanza is not null)
            Bytes -= entry.Bytes;
        return entry;
    }

    /// <summary>Takes out the last presence of the same sender to the same address, which the newer one makes needless.</summary>
    public void RemoveOlder(Protocol.Stanzas.Presence presence)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            OutboxEntry entry = this[i];
            if (entry.Stanza is not Protocol.Stanzas.Presence { IsError: false } older || older.From != presence.From || older.To != presence.To)
                continue;
            Bytes -= entry.Bytes;
            RemoveAt(i);
            return;
        }
    }

    /// <summary>Goes on with what was taken before, in front of what waits. From now on all of it tells when it came.</summary>
    public void PutBack(List<OutboxEntry> taken)
    {
        foreach (OutboxEntry entry in taken)
        {
            if (entry.Stanza is not null)
                Bytes += entry.Bytes;
        }
        PutInFront(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(taken));
        for (int i = 0; i < Count; i++)
            this[i].IsLate = true;
    }
}
