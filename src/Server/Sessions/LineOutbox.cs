using System.Buffers;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Sessions;

/// <summary>What an outbox has to do with the line it is written to: acknowledgements (XEP-0198), and that there is none for a while. Its lock is a leaf: nothing else is taken inside.</summary>
public abstract class LineOutbox
{
    private protected readonly Lock door = new();
    private protected readonly OutboxQueue queue;
    private protected readonly Outgoing outgoing;
    private protected readonly Signal filled = new();
    private protected TaskCompletionSource? room;
    private protected bool isClosed;
    private protected bool isGivenUp;

    private protected LineOutbox(OutboxQueue queue, Outgoing outgoing)
    {
        this.queue = queue;
        this.outgoing = outgoing;
    }

    /// <summary>The stream error to end with, null for a clean close.</summary>
    public StreamError? CloseReason { get; private set; }

    /// <summary>True while no writer is to take anything: there is no line, or it is being given up.</summary>
    public bool IsUnattended => Volatile.Read(ref isGivenUp);

    /// <summary>True while there is no writer and no room: answers wait no longer, and a long one had better end.</summary>
    internal bool IsOverfull
    {
        get
        {
            lock (door)
                return isGivenUp && !queue.HasRoom(OutboxEntry.LeastBytes);
        }
    }

    /// <summary>True while an answer waits for room.</summary>
    internal bool IsAwaited => Volatile.Read(ref room) is not null;

    /// <summary>How acknowledgement stands, for who watches the line.</summary>
    internal (bool IsManaged, bool IsRequested, int Requests, int Unacknowledged) Acknowledgement
    {
        get
        {
            lock (door)
                return outgoing.IsCounting ? (true, outgoing.Managed!.IsRequested, outgoing.Managed.Requests, outgoing.Managed.Count) : default;
        }
    }

    /// <summary>The client is about to be told of its session. Until it is known to know, what is written to it is not delivered: the line may be dead.</summary>
    internal void Doubt()
    {
        lock (door)
            outgoing.IsUnsure = true;
    }

    /// <summary>Stream management begins (XEP-0198 §3): what is written behind <paramref name="enabled"/> is counted.</summary>
    /// <param name="enabled">The answer to be written; null when it is written by who calls this, before there is a writer.</param>
    /// <param name="items">Stanzas that may be sent without being acknowledged.</param>
    /// <param name="bytes">The same in bytes.</param>
    internal void Manage(Element? enabled, int items, long bytes)
    {
        lock (door)
        {
            outgoing.Manage().Enable(items, bytes);
            if (enabled is not null)
                TellHere(enabled);
            filled.Set();
        }
    }

    /// <summary>Writes an element that is no stanza, as soon as there is a writer. A client that has too many of them made, and does not read, is disconnected.</summary>
    internal void Tell(Element element)
    {
        lock (door)
        {
            TellHere(element);
            filled.Set();
        }
    }

    /// <summary>Tells the client how many of its stanzas were handled (XEP-0198 §4).</summary>
    internal void Acknowledge(uint h)
    {
        lock (door)
        {
            outgoing.Manage().Answer(h);
            filled.Set();
        }
    }

    /// <summary>Asks the client how many stanzas it handled, unless an answer is outstanding.</summary>
    internal void Request()
    {
        lock (door)
        {
            outgoing.Manage().Request();
            filled.Set();
        }
    }

    /// <summary>The client has handled <paramref name="h"/> stanzas (XEP-0198 §4): they are delivered, with one change of the store.</summary>
    /// <returns>Null; or how many were sent, when that is less: nothing changes then.</returns>
    internal uint? Acknowledged(uint h)
    {
        if (Deliver(h, out int count) is { } sent)
            return sent;
        Prove();
        lock (door)
        {
            outgoing.Managed!.Remove(count);
            // While an answer waited for room, more was sent than the window holds; what is left waits for the next acknowledgement.
            if (count > 0 && queue.Count > 0 && !outgoing.Managed.HasRoom(0, isUrgent: false))
                outgoing.Managed.Request();
            filled.Set();
        }
        return null;
    }

    /// <summary>The line is given up: its writer leaves, and what waits for room waits no longer, for this session may outlive the line.</summary>
    internal void Dismiss()
    {
        lock (door)
            DismissHere();
    }

    /// <summary>The session goes on without a line. False: it is closed already.</summary>
    /// <param name="closed">Called, under locks, when it is to end before there is another line.</param>
    internal bool TryDetach(Action closed)
    {
        lock (door)
        {
            if (isClosed)
                return false;
            outgoing.Manage().Closed = closed;
            DismissHere();
            return true;
        }
    }

    /// <summary>A new line (XEP-0198 §5): what the client has handled is delivered, the rest comes again, in order, before what waits.</summary>
    /// <param name="h">What the client has handled.</param>
    /// <param name="answered">What the client is told of its own stanzas.</param>
    /// <param name="sent">How many were sent, when <paramref name="h"/> is more; nothing changes then.</param>
    /// <returns>False: the session is closed, or <paramref name="sent"/> is not null.</returns>
    internal bool TryAttach(uint h, uint answered, out uint? sent)
    {
        sent = Deliver(h, out int count);
        if (sent is not null)
            return false;
        List<OutboxItem>? before;
        lock (door)
            before = outgoing.InFlight;
        // Written before stream management was enabled, of which the client knows.
        if (before is not null)
            outgoing.Deliver(before);
        Prove();
        lock (door)
        {
            if (isClosed)
                return false;
            outgoing.Managed!.Remove(count);
            outgoing.Restart(queue, answered);
            isGivenUp = false;
            return true;
        }
    }

    // What was written to a client that might not have known of its session has arrived.
    private protected void Prove()
    {
        if (!outgoing.IsUnsure)
            return;
        long[]? arrived;
        lock (door)
        {
            outgoing.IsUnsure = false;
            arrived = outgoing.Arrived();
        }
        if (arrived is null)
            return;
        // In this order: what is shown here is shown until it is delivered.
        outgoing.Deliver(arrived);
        lock (door)
            outgoing.ForgetEarly();
    }

    // In this order: what is shown here is shown until it is delivered. Only the line's reader takes away, so nothing changes in between.
    private uint? Deliver(uint h, out int count)
    {
        long[] sequences;
        int found;
        lock (door)
        {
            count = outgoing.Managed!.CountUpTo(h);
            if (count < 0)
                return outgoing.Managed.Sent;
            sequences = ArrayPool<long>.Shared.Rent(count);
            found = outgoing.Managed.Look(count, sequences);
        }
        outgoing.Deliver(sequences.AsSpan(0, found));
        ArrayPool<long>.Shared.Return(sequences);
        return null;
    }

    private void TellHere(Element element)
    {
        if (!outgoing.Manage().TryTell(element))
            CloseHere(StreamError.PolicyViolation with { Text = "Too many requests that are out of order." });
    }

    private void DismissHere()
    {
        isGivenUp = true;
        room?.TrySetResult();
        room = null;
        filled.Set();
    }

    private protected void CloseHere(StreamError? error)
    {
        if (isClosed)
            return;
        isClosed = true;
        CloseReason = error;
        queue.Rouse();
        // What the client has got it can still say, unless it is the one that goes.
        if (error is not null && outgoing.Managed is { Count: > 0 } managed)
            managed.Request();
        room?.TrySetResult();
        filled.Set();
        outgoing.Managed?.Closed?.Invoke();
    }

    // Whoever needs more room than this looks and waits again.
    private protected void LetIn()
    {
        if (room is null || !queue.HasRoom(OutboxEntry.LeastBytes))
            return;
        room.TrySetResult();
        room = null;
    }
}
