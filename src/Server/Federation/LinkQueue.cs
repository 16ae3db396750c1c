using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>What a link has to send, in order: what waits, and before it what was sent and is not confirmed. Both are bounded. Guarded by the link's lock.</summary>
/// <param name="world">Has the bounds, and counts what all links together have.</param>
internal sealed class LinkQueue(LinkWorld world)
{
    private const int BatchStanzas = 64;
    private const int BatchBytes = 64 * 1024;

    private readonly Queue<LinkEntry> unconfirmed = new();
    private Queue<LinkEntry> waiting = new();
    private long waitingBytes;
    private long unconfirmedBytes;

    public int Waiting => waiting.Count;

    public int Unconfirmed => unconfirmed.Count;

    public bool IsEmpty => waiting.Count == 0 && unconfirmed.Count == 0;

    /// <summary>Puts a stanza behind the others. False: there is no room.</summary>
    public bool TryAdd(Stanza stanza)
    {
        LinkEntry entry = LinkEntry.Of(stanza);
        bool isShare = waitingBytes + unconfirmedBytes + entry.Bytes <= world.Share;
        if (waiting.Count >= world.Options.QueueStanzas || waitingBytes + entry.Bytes > world.Options.QueueBytes || !world.TryTake(entry.Bytes, isShare))
            return false;
        waiting.Enqueue(entry);
        waitingBytes += entry.Bytes;
        return true;
    }

    /// <summary>Takes what is sent next. False: nothing waits, or too much is unconfirmed.</summary>
    public bool TryTake(List<Stanza> batch)
    {
        int bytes = 0;
        while (waiting.Count > 0 && batch.Count < BatchStanzas && bytes < BatchBytes
            && unconfirmed.Count < world.Options.QueueStanzas && unconfirmedBytes + bytes < world.Options.QueueBytes)
        {
            LinkEntry entry = waiting.Dequeue();
            unconfirmed.Enqueue(entry);
            batch.Add(entry.Stanza);
            bytes += entry.Bytes;
        }
        waitingBytes -= bytes;
        unconfirmedBytes += bytes;
        return batch.Count > 0;
    }

    /// <summary>The oldest so many have arrived.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public void Confirm(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, unconfirmed.Count);
        long bytes = 0;
        for (int i = 0; i < count; i++)
            bytes += unconfirmed.Dequeue().Bytes;
        unconfirmedBytes -= bytes;
        world.Give(bytes);
    }

    /// <summary>What is unconfirmed did not arrive: it waits again, first, in its order.</summary>
    public void SendAgain()
    {
        var all = new Queue<LinkEntry>(unconfirmed.Count + waiting.Count);
        foreach (LinkEntry entry in unconfirmed)
            all.Enqueue(entry);
        foreach (LinkEntry entry in waiting)
            all.Enqueue(entry);
        waiting = all;
        waitingBytes += unconfirmedBytes;
        unconfirmed.Clear();
        unconfirmedBytes = 0;
    }

    /// <summary>Takes out what is unconfirmed.</summary>
    public void TakeUnconfirmed(List<Stanza> into)
    {
        into.AddRange(unconfirmed.Select(static entry => entry.Stanza));
        unconfirmed.Clear();
        world.Give(unconfirmedBytes);
        unconfirmedBytes = 0;
    }

    /// <summary>Takes out what waits.</summary>
    public void TakeWaiting(List<Stanza> into)
    {
        into.AddRange(waiting.Select(static entry => entry.Stanza));
        waiting.Clear();
        world.Give(waitingBytes);
        waitingBytes = 0;
    }
}
