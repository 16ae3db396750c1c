using System.Buffers;
using System.Runtime.CompilerServices;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>The recipient's one queue; see docs/architecture.md, "The outbox".</summary>
public sealed class Outbox : LineOutbox
{
    private readonly Jid account;
    private readonly InstantInbox inbox;

    /// <param name="presentity">Whose log the sequences are of.</param>
    /// <param name="address">The session's full JID.</param>
    /// <param name="inbox">Loads what waits in the log and marks what was delivered.</param>
    /// <param name="bound">Bytes that may wait here; 0 for no bound.</param>
    internal Outbox(Presentity presentity, Jid address, InstantInbox inbox, long bound)
        : base(new OutboxQueue(bound), new Outgoing(presentity, address, inbox))
    {
        account = presentity.Address;
        this.inbox = inbox;
    }

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

    /// <summary>
    /// Waits for something to write and fills <paramref name="batch"/> (cleared first; it may stay empty when there is only something to say
    /// about stanzas), loading messages that wait in the log. False: the session is closing and everything was taken, then
    /// <see cref="LineOutbox.CloseReason"/> holds; or <see cref="LineOutbox.IsUnattended"/>. One reader.
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
                if (isGivenUp)
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

    /// <summary>To be called after the flush of what the last batch held: its messages are delivered, unless they are to be acknowledged, or the client may not know of its session.</summary>
    public void Written(List<OutboxItem> batch)
    {
        bool isDelivered;
        lock (door)
            isDelivered = outgoing.InFlight is not null && !outgoing.TryKeep();
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

    /// <summary>A message that lies in the log; while the bytes are used up its sequence alone. What has no sequence, or is a copy, needs room; of carbons, and while there is no line, not every number waits.</summary>
    internal bool TrySend(Stanza stanza, long sequence, OutboxForm form)
    {
        OutboxEntry entry = OutboxEntry.Of(stanza, sequence, form);
        lock (door)
        {
            if (isClosed)
                return false;
            if (queue.Fits(entry.Bytes))
                Enqueue(entry);
            else if (sequence == 0 || form == OutboxForm.Copy || (form == OutboxForm.Carbon && !queue.HasRoomForCarbon))
                return false;
            else if (isGivenUp && !queue.HasRoomWithoutLine)
                return false; // it waits in the inbox, if nobody else has it, and comes with the line
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
            if (isGivenUp || queue.HasRoom(entry.Bytes))
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
    /// <param name="isEnabling">True for <c>&lt;enable/&gt;</c>: what was written before is proven by the first acknowledgement, which comes behind it.</param>
    internal void Heard(bool isEnabling = false)
    {
        outgoing.Heard();
        if (!outgoing.IsUnsure || isEnabling)
            return;
        lock (door)
        {
            if (outgoing.IsCounting)
                return;
        }
        Prove();
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
                if (isClosed || isGivenUp || queue.HasRoom(size))
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
                if (isGivenUp || queue.HasRoom(entry.Bytes))
                {
                    Enqueue(entry);
                    return;
                }
            }
        }
    }
}
