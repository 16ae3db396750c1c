using System.Threading.Channels;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>What waits to be written to a component's stream, in order, bounded in bytes. One reader; any number of senders, also inside gates: the lock is a leaf.</summary>
/// <param name="limit">Bytes that may wait, with what was taken and not yet written.</param>
internal sealed class ComponentQueue(int limit)
{
    // A stanza's head, and what it costs to keep.
    private const int HeadBytes = 300;

    // A batch is written and flushed before the next is taken.
    private const int BatchBytes = 64 * 1024;
    private readonly Channel<Stanza> waiting = Channel.CreateUnbounded<Stanza>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<Stanza> taken = [];
    private readonly List<Stanza> withdrawn = [];
    private readonly Lock gate = new();
    private long bytes;
    private bool isClosed;

    /// <summary>Takes a stanza; null when it was taken.</summary>
    public StanzaError? TrySend(Stanza stanza)
    {
        int size = Size(stanza);
        lock (gate)
        {
            if (isClosed) return Component.Away;
            if (bytes + size > limit) return StanzaError.ResourceConstraint with { Text = "The component does not take what it is sent" };
            bytes += size;
            waiting.Writer.TryWrite(stanza);
            return null;
        }
    }

    /// <summary>Waits for stanzas and takes them. False: the queue is closed, and there are no more.</summary>
    /// <param name="batch">Cleared and filled.</param>
    /// <param name="cancel">Gives up; nothing was taken.</param>
    public async ValueTask<bool> ReadAsync(List<Stanza> batch, CancellationToken cancel)
    {
        batch.Clear();
        if (!await waiting.Reader.WaitToReadAsync(cancel)) return false;
        lock (gate)
        {
            for (int size = 0; size < BatchBytes && waiting.Reader.TryRead(out Stanza? stanza); size += Size(stanza)) batch.Add(stanza);
            taken.AddRange(batch);
        }
        return true;
    }

    /// <summary>What was taken last has left.</summary>
    public void Written()
    {
        lock (gate)
        {
            foreach (Stanza stanza in taken) bytes -= Size(stanza);
            taken.Clear();
        }
    }

    /// <summary>Accepts no more.</summary>
    /// <param name="isUseless">True when what waits is not to be written either.</param>
    public void Close(bool isUseless)
    {
        lock (gate)
        {
            isClosed = true;
            waiting.Writer.TryComplete();
            while (isUseless && waiting.Reader.TryRead(out Stanza? stanza)) withdrawn.Add(stanza);
        }
    }

    /// <summary>Once it is closed and nobody reads any more: what has not left, in its order. Of the first ones nobody can say whether they arrived.</summary>
    public IReadOnlyList<Stanza> Leave()
    {
        Close(isUseless: true);
        lock (gate) return [.. taken, .. withdrawn];
    }

    private static int Size(Stanza stanza) => stanza.Content.Length + HeadBytes;
}
