using System.Buffers;
using System.Runtime.CompilerServices;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>The recipient's one queue; see docs/architecture.md, "The outbox". Its lock is a leaf: nothing else is taken inside.</summary>
public sealed class Outbox
{
    private readonly Jid account;
    private readonly InstantInbox inbox;
    private readonly Lock door = new();
    private readonly OutboxQueue queue;
    private readonly Outgoing outgoing;
    private readonly Signal filled = new();
    private TaskCompletionSource? room;
    private bool isClosed;
    private bool isUnattended;

    /// <param name="presentity">Whose log the sequences are of.</param>
    /// <param name="address">The session's full JID.</param>
    /// <param name="inbox">Loads what waits in the log and marks what was delivered.</param>
    /// <param name="bound">Bytes that may wait here; 0 for no bound.</param>
    internal Outbox(Presentity presentity, Jid address, InstantInbox inbox, long bound)
    {
        account = presentity.Address;
        this.inbox = inbox;
        queue = new OutboxQueue(bound);
        outgoing = new Outgoing(presentity, address, inbox);
    }

    /// <summary>The stream error to end with, null for a clean close.</summary>
    public StreamError? CloseReason { get; private set; }

    /// <summary>True while no writer is to take anything: there is no line, or it is being given up.</summary>
    public bool IsUnattended => Volatile.Read(ref isUnattended);

    /// <summary>True when a message was written and the client has not said anything since; without stream management only.</summary>
    internal bool IsUnheard => outgoing.IsUnheard;

    /// <summary>True while the client says that nobody looks at it (XEP-0352).</summary>
    internal bool IsResting
    {
        get
        {
            lock (door)
                return queue.IsResting;
        }
    }

    /// <summary>How many stanzas wait for something that cannot, or for the client to be active.</summary>
    internal int Held
    {
        get
        {
            lock (door)
                return queue.Held;
        }
    }

    /// <summary>How acknowledgement stands, for who watches the line.</summary>
    internal (bool IsManaged, bool IsRequested, int Requests, int Unacknowledged) Acknowledgement
    {
        get
        {
            lock (door)
                return outgoing.IsCounting ? (true, outgoing.Managed!.IsRequested, outgoing.Managed.Requests, outgoing.Managed.Count) : default;
        }
    }

    /// <summary>
    /// Waits for something to write and fills <paramref name="batch"/> (cleared first; it may stay empty when there is only something to say
    /// about stanzas), loading messages that wait in the log. False: the session is closing and everything was taken, then
    /// <see cref="CloseReason"/> holds; or <see cref="IsUnattended"/>. One reader.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(List<OutboxItem> batch, CancellationToken cancel)
    {
        batch.Clear();
        while (true)
        {
            ValueTask wait = default;
            bool hasPage;
            lock (door)
            {
                if (isUnattended)
                    return false;
                bool taken = outgoing.Take(queue, isClosed, room is not null, batch);
                LetIn();
                if (taken)
                    return true;
                hasPage = outgoing.HasPage;
                if (!hasPage && isClosed)
                    return false;
                if (!hasPage)
                    wait = filled.WaitAsync();
            }
            if (hasPage)
            {
                if (await TryLoadAsync(batch))
                    return true;
                continue;
            }
            using (cancel.UnsafeRegister(static state => ((Outbox)state!).Wake(), this))
                await wait;
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Writes what goes before the stanzas of the last batch (XEP-0198).</summary>
    public void WriteBefore(IBufferWriter<byte> output) => outgoing.Managed?.WriteBefore(output);

    /// <summary>Writes an item of a batch as the client gets it.</summary>
    public void Write(IBufferWriter<byte> output, in OutboxItem item) => outgoing.Write(output, item);

    /// <summary>Writes what goes behind the stanzas of the last batch (XEP-0198).</summary>
    public void WriteBehind(IBufferWriter<byte> output) => outgoing.Managed?.WriteBehind(output);

    /// <summary>To be called after the flush of what the last batch held: its messages are delivered, unless they are to be acknowledged.</summary>
    public void Written(List<OutboxItem> batch)
    {
        bool isDelivered;
        lock (door)
            isDelivered = outgoing.InFlight is not null;
        if (!isDelivered)
            return;
        // In this order: what is shown here is shown until it is delivered.
        outgoing.Deliver(batch);
        lock (door)
            outgoing.Flushed();
    }

    /// <summary>
    /// What the client is about to see without this session carrying it: the sequences of carbons and copies. Null when there are none. Under
    /// the account's gate, or it is not true any more when it is known.
    /// </summary>
    internal HashSet<long>? Shown()
    {
        lock (door)
            return outgoing.Shown(queue);
    }

    /// <summary>What another entity sent; see <see cref="ClientSession"/>.</summary>
    internal bool TrySend(Stanza stanza)
    {
        OutboxEntry entry = OutboxEntry.Of(stanza);
        lock (door)
        {
            if (isClosed)
                return false;
            if (queue.Fits(entry.Bytes))
            {
                Enqueue(entry);
                return true;
            }
            if (stanza is not (Protocol.Stanzas.Presence or Subscribe))
                return false;
            // The newer state makes the older one needless. It takes its own place in the line, or it would overtake what came in between (Z-18).
            if (stanza is Protocol.Stanzas.Presence { IsError: false } presence)
                queue.RemoveOlder(presence);
            return Force(entry);
        }
    }

    /// <summary>What the server itself must tell this client, a roster push for one; a client that lets these pile up too is disconnected.</summary>
    internal bool Push(Stanza stanza)
    {
        OutboxEntry entry = OutboxEntry.Of(stanza);
        lock (door)
            return !isClosed && Force(entry);
    }

    /// <summary>An answer whose size is the client's own doing, put in after waiting for room, however large it is.</summary>
    internal bool Answer(Stanza stanza)
    {
        OutboxEntry entry = OutboxEntry.Of(stanza);
        lock (door)
        {
            if (isClosed)
                return false;
            Enqueue(entry);
            return true;
        }
    }

    /// <summary>A message that lies in the log; while the bytes are used up its sequence alone. What has no sequence, or is a copy, needs room.</summary>
    internal bool TrySend(Stanza stanza, long sequence, OutboxForm form)
    {
        OutboxEntry entry = OutboxEntry.Of(stanza, sequence, form);
        lock (door)
        {
            if (isClosed)
                return false;
            if (queue.Fits(entry.Bytes))
                Enqueue(entry);
            else if (sequence == 0 || form == OutboxForm.Copy)
                return false;
            else
                Enqueue(entry with { Stanza = null });
            return true;
        }
    }

    /// <summary>A message that waits in the log.</summary>
    internal bool TrySend(UndeliveredEntry entry, OutboxForm form)
    {
        lock (door)
        {
            if (isClosed)
                return false;
            Enqueue(new OutboxEntry(null, entry.Sequence, entry.Bytes, form));
            return true;
        }
    }

    internal ValueTask SendAsync(Stanza stanza, long sequence, OutboxForm form, CancellationToken cancel)
    {
        OutboxEntry entry = OutboxEntry.Of(stanza, sequence, form);
        lock (door)
        {
            if (isClosed)
                return default;
            if (isUnattended || queue.HasRoom(entry.Bytes))
            {
                Enqueue(entry);
                return default;
            }
        }
        return SendSlowlyAsync(entry, cancel);
    }

    /// <summary>Waits until an answer may be put in.</summary>
    internal ValueTask WaitForRoomAsync(CancellationToken cancel) => WaitForRoomAsync(OutboxEntry.LeastBytes, cancel);

    /// <summary>Nothing more comes in; what is here is still written, but for what waits in the log, or lies in it and would have to be acknowledged.</summary>
    internal void Close(StreamError? error)
    {
        lock (door)
            CloseHere(error);
    }

    /// <summary>The stream is gone: gives back, in order, what was not written, or not acknowledged.</summary>
    internal Leftovers End()
    {
        lock (door)
        {
            CloseHere(null);
            return outgoing.TakeLeft(queue);
        }
    }

    /// <summary>The client is inactive (XEP-0352 1.0 §4.2): what can wait is held, in its place, until something comes that cannot.</summary>
    /// <param name="stanzas">Stanzas that are held at most.</param>
    /// <param name="bytes">The same in bytes.</param>
    internal void Rest(int stanzas, long bytes)
    {
        lock (door)
            queue.Rest(account, stanzas, bytes);
    }

    /// <summary>The client is active: what was held goes before whatever comes from now on.</summary>
    internal void Rouse()
    {
        lock (door)
        {
            queue.Rouse();
            filled.Set();
        }
    }

    /// <summary>The client has said something.</summary>
    internal void Heard() => outgoing.Heard();

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
                outgoing.Manage().Tell(enabled);
            filled.Set();
        }
    }

    /// <summary>Writes an element that is no stanza, as soon as there is a writer.</summary>
    internal void Tell(Element element)
    {
        lock (door)
        {
            outgoing.Manage().Tell(element);
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
        lock (door)
        {
            if (isClosed)
                return false;
            outgoing.Managed!.Remove(count);
            outgoing.Restart(queue, answered);
            isUnattended = false;
            return true;
        }
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

    private void DismissHere()
    {
        isUnattended = true;
        room?.TrySetResult();
        room = null;
        filled.Set();
    }

    private void Wake()
    {
        lock (door)
            filled.Set();
    }

    private void Enqueue(OutboxEntry entry)
    {
        // Should it have to be sent again, or wait for a line, the client is told when it came (XEP-0198 §4).
        if (outgoing.IsCounting && entry.Stanza is Message && entry.Form != OutboxForm.Copy)
            entry.Time = inbox.Now.UtcTicks;
        queue.Add(entry);
        if (queue.HasReady)
            filled.Set();
    }

    private bool Force(in OutboxEntry entry)
    {
        if (!queue.FitsByForce(entry.Bytes))
        {
            CloseHere(StreamError.ResourceConstraint);
            return false;
        }
        Enqueue(entry);
        return true;
    }

    private void CloseHere(StreamError? error)
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
    private void LetIn()
    {
        if (room is null || !queue.HasRoom(OutboxEntry.LeastBytes))
            return;
        room.TrySetResult();
        room = null;
    }

    private async ValueTask<bool> TryLoadAsync(List<OutboxItem> batch)
    {
        try
        {
            await outgoing.LoadAsync(batch);
        }
        catch (StorageException)
        {
            // The engine has logged it.
            Close(StreamError.InternalServerError);
            lock (door)
                outgoing.Unread();
            return false;
        }
        lock (door)
            return outgoing.Loaded(batch);
    }

    private async ValueTask WaitForRoomAsync(int size, CancellationToken cancel)
    {
        while (true)
        {
            Task wait;
            lock (door)
            {
                if (isClosed || isUnattended || queue.HasRoom(size))
                    return;
                wait = (room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                // The writer may be waiting for an acknowledgement, see OutboundManagement.HasRoom, or hold what takes the room.
                queue.Release();
                filled.Set();
            }
            await wait.WaitAsync(cancel);
        }
    }

    private async ValueTask SendSlowlyAsync(OutboxEntry entry, CancellationToken cancel)
    {
        while (true)
        {
            await WaitForRoomAsync(entry.Bytes, cancel);
            lock (door)
            {
                if (isClosed)
                    return;
                if (isUnattended || queue.HasRoom(entry.Bytes))
                {
                    Enqueue(entry);
                    return;
                }
            }
        }
    }
}
