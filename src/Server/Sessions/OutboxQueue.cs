using PresenceXml.Protocol;

namespace PresenceXml.Server.Sessions;

/// <summary>
/// What waits in an outbox, in order, and how many bytes it is. While the client is inactive, what can wait does so until something comes
/// that cannot, and then goes before it. Guarded by the outbox's door.
/// </summary>
/// <param name="bound">Bytes that may wait; 0 for no bound.</param>
internal sealed class OutboxQueue(long bound) : Ring<OutboxEntry>
{
    // As many as an inbox holds by default, whose quota does not count what the account sends and what another resource has taken.
    private const int MostInLog = 10_000;

    private readonly long bound = bound == 0 ? long.MaxValue / 4 : bound;

    // From the front; the rest is held.
    private int ready;
    private Jid? resting;
    private int mostHeld;
    private long mostHeldBytes;
    private long heldBytes;
    private int carbons;

    /// <summary>True when there is something the writer may take.</summary>
    public bool HasReady => ready > 0;

    /// <summary>How many the writer may not take.</summary>
    public int Held => Count - ready;

    /// <summary>True while the client is inactive (XEP-0352).</summary>
    public bool IsResting => resting is not null;

    /// <summary>Of the stanzas; what waits in the log does not count.</summary>
    public long Bytes { get; private set; }

    /// <summary>True when one more carbon may wait in the log.</summary>
    public bool HasRoomForCarbon => carbons < MostInLog;

    /// <summary>True when one more message may wait in the log for a line that is not there.</summary>
    public bool HasRoomWithoutLine => Count < MostInLog;

    public bool Fits(int size) => Bytes + size <= bound;

    /// <summary>A second bound of the same size for what can neither be dropped nor wait elsewhere.</summary>
    public bool FitsByForce(int size) => Bytes + size <= 2 * bound;

    /// <summary>True when an answer may be put in, however large the first one is.</summary>
    public bool HasRoom(int size) => Fits(size) || Bytes == 0;

    public void Add(in OutboxEntry entry)
    {
        bool waits = resting is not null && Importance.CanWait(entry, resting);
        if (waits && Importance.IsSuperseding(entry.Stanza))
            RemoveOlder((Protocol.Stanzas.Presence)entry.Stanza!);
        Enqueue(entry);
        Tally(entry, 1);
        heldBytes += entry.Bytes;
        if (!waits || Held > mostHeld || heldBytes > mostHeldBytes)
            Release();
    }

    public OutboxEntry Take()
    {
        OutboxEntry entry = Dequeue();
        Tally(entry, -1);
        ready--;
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
            if (i < ready)
                ready--;
            else
                heldBytes -= entry.Bytes;
            RemoveAt(i);
            return;
        }
    }

    /// <summary>The client is inactive: what can wait is held from now on.</summary>
    /// <param name="account">The client's account.</param>
    /// <param name="stanzas">Stanzas that are held at most.</param>
    /// <param name="bytes">The same in bytes; of a bound no more than the half.</param>
    public void Rest(Jid account, int stanzas, long bytes)
    {
        resting = account;
        mostHeld = stanzas;
        mostHeldBytes = Math.Min(bytes, bound / 2);
    }

    /// <summary>The client is active.</summary>
    public void Rouse()
    {
        resting = null;
        Release();
    }

    /// <summary>Everything that is here may go.</summary>
    public void Release()
    {
        ready = Count;
        heldBytes = 0;
    }

    /// <summary>Goes on with what was taken before, in front of what waits. From now on all of it tells when it came, and nothing is held (XEP-0352 §5.2).</summary>
    public void PutBack(List<OutboxEntry> taken)
    {
        foreach (OutboxEntry entry in taken)
            Tally(entry, 1);
        PutInFront(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(taken));
        for (int i = 0; i < Count; i++)
            this[i].IsLate = true;
        Rouse();
    }

    private void Tally(in OutboxEntry entry, int sign)
    {
        if (entry.Stanza is not null)
            Bytes += sign * entry.Bytes;
        else if (entry.Form == OutboxForm.Carbon)
            carbons += sign;
    }
}
