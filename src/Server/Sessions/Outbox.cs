using System.Buffers;
using System.Runtime.CompilerServices;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>The recipient's one queue; see docs/architecture.md, "The outbox". Its lock is a leaf: nothing else is taken inside.</summary>
public sealed class Outbox
{
    // One flush stays small enough that the next stanza in line is not kept waiting, and large enough to fill several packets.
    private const int BatchItems = 128;
    private const int BatchBytes = 64 * 1024;

    // What a stanza's tag and addresses cost beside its content, roughly.
    private const int StanzaOverhead = 160;

    private readonly Presentity presentity;
    private readonly Jid address;
    private readonly InstantInbox inbox;
    private readonly long bound;
    private readonly Lock door = new();
    private readonly Ring<OutboxEntry> queue = new();
    private readonly Signal filled = new();
    private readonly List<OutboxEntry> page = [];
    private TaskCompletionSource? room;
    private List<long>? unread;
    private List<OutboxItem>? inFlight;
    private long bytes;
    private bool isClosed;

    /// <param name="presentity">Whose log the sequences are of.</param>
    /// <param name="address">The session's full JID.</param>
    /// <param name="inbox">Loads what waits in the log and marks what was written.</param>
    /// <param name="bound">Bytes that may wait here; 0 for no bound.</param>
    internal Outbox(Presentity presentity, Jid address, InstantInbox inbox, long bound)
    {
        this.presentity = presentity;
        this.address = address;
        this.inbox = inbox;
        this.bound = bound == 0 ? long.MaxValue / 4 : bound;
    }

    /// <summary>The stream error to end with, null for a clean close.</summary>
    public StreamError? CloseReason { get; private set; }

    /// <summary>
    /// Waits for something to write and fills <paramref name="batch"/> (cleared first), loading messages that wait in the log. False:
    /// the session is closing and everything was taken; then <see cref="CloseReason"/> holds. One reader.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(List<OutboxItem> batch, CancellationToken cancel)
    {
        batch.Clear();
        while (true)
        {
            ValueTask wait;
            lock (door)
            {
                if (Take(batch))
                    return true;
                if (page.Count > 0)
                    wait = default;
                else if (isClosed)
                    return false;
                else
                    wait = filled.WaitAsync();
            }
            if (page.Count > 0)
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

    /// <summary>Writes an item of a batch as the client gets it.</summary>
    public void Write(IBufferWriter<byte> output, in OutboxItem item) => inbox.Write(output, presentity, address, item);

    /// <summary>To be called after the flush of what the last batch held: its messages are delivered.</summary>
    public void Written(List<OutboxItem> batch)
    {
        // In this order: what is shown here is shown until it is delivered.
        inbox.MarkDelivered(presentity, batch);
        lock (door)
            inFlight = null;
    }

    /// <summary>
    /// What the client is about to see without this session carrying it: the sequences of carbons and copies. Null when there are none. Under
    /// the account's gate, or it is not true any more when it is known.
    /// </summary>
    internal HashSet<long>? Shown()
    {
        HashSet<long>? shown = null;
        lock (door)
        {
            foreach (OutboxItem item in inFlight ?? [])
                Add(item.Form, item.Sequence);
            foreach (OutboxEntry entry in page)
                Add(entry.Form, entry.Sequence);
            for (int i = 0; i < queue.Count; i++)
                Add(queue[i].Form, queue[i].Sequence);
        }
        return shown;

        void Add(OutboxForm form, long sequence)
        {
            if (form != OutboxForm.Own && sequence != 0)
                (shown ??= []).Add(sequence);
        }
    }

    /// <summary>What another entity sent; see <see cref="ClientSession"/>.</summary>
    internal bool TrySend(Stanza stanza)
    {
        int size = Size(stanza);
        lock (door)
        {
            if (isClosed)
                return false;
            if (bytes + size <= bound)
            {
                Enqueue(new OutboxEntry(stanza, 0, size));
                return true;
            }
            return stanza switch
            {
                Protocol.Stanzas.Presence presence => Supersede(presence, size),
                Subscribe => Force(stanza, size),
                _ => false,
            };
        }
    }

    /// <summary>What the server itself must tell this client, a roster push for one; a client that lets these pile up too is disconnected.</summary>
    internal bool Push(Stanza stanza)
    {
        int size = Size(stanza);
        lock (door)
            return !isClosed && Force(stanza, size);
    }

    /// <summary>An answer whose size is the client's own doing, put in after waiting for room, however large it is.</summary>
    internal bool Answer(Stanza stanza)
    {
        lock (door)
        {
            if (isClosed)
                return false;
            Enqueue(new OutboxEntry(stanza, 0, Size(stanza)));
            return true;
        }
    }

    /// <summary>A message that lies in the log; while the bytes are used up its sequence alone. What has no sequence, or is a copy, needs room.</summary>
    internal bool TrySend(Stanza stanza, long sequence, OutboxForm form)
    {
        int size = Size(stanza);
        if (form == OutboxForm.Carbon)
            size += CarbonWrap.Bytes;
        lock (door)
        {
            if (isClosed)
                return false;
            if (bytes + size <= bound)
                Enqueue(new OutboxEntry(stanza, sequence, size, form));
            else if (sequence == 0 || form == OutboxForm.Copy)
                return false;
            else
                Enqueue(new OutboxEntry(null, sequence, size, form));
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
        var entry = new OutboxEntry(stanza, sequence, Size(stanza), form);
        lock (door)
        {
            if (isClosed)
                return default;
            if (HasRoom(entry.Bytes))
            {
                Enqueue(entry);
                return default;
            }
        }
        return SendSlowlyAsync(entry, cancel);
    }

    /// <summary>Waits until an answer may be put in.</summary>
    internal ValueTask WaitForRoomAsync(CancellationToken cancel) => WaitForRoomAsync(StanzaOverhead, cancel);

    private async ValueTask WaitForRoomAsync(int size, CancellationToken cancel)
    {
        while (true)
        {
            Task wait;
            lock (door)
            {
                if (isClosed || HasRoom(size))
                    return;
                wait = (room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await wait.WaitAsync(cancel);
        }
    }

    /// <summary>Nothing more comes in; what is here is still written, but for what waits in the log.</summary>
    internal void Close(StreamError? error)
    {
        lock (door)
            CloseHere(error);
    }

    /// <summary>The stream is gone: gives back, in order, what was not written.</summary>
    internal Leftovers End()
    {
        lock (door)
        {
            CloseHere(null);
            var left = new Leftovers([], []);
            foreach (OutboxItem item in inFlight ?? [])
                left.Add(item.Stanza, item.Sequence, item.Form);
            left.Sequences.AddRange(unread ?? []);
            foreach (OutboxEntry entry in page)
                left.Add(null, entry.Sequence, entry.Form);
            while (queue.Count > 0)
            {
                OutboxEntry entry = queue.Dequeue();
                left.Add(entry.Stanza, entry.Sequence, entry.Form);
            }
            page.Clear();
            unread = null;
            inFlight = null;
            bytes = 0;
            return left;
        }
    }

    private static int Size(Stanza stanza) => stanza.Content.Length + StanzaOverhead;

    private bool HasRoom(int size) => bytes + size <= bound || bytes == 0;

    private void Wake()
    {
        lock (door)
            filled.Set();
    }

    private void Enqueue(OutboxEntry entry)
    {
        queue.Enqueue(entry);
        if (entry.Stanza is not null)
            bytes += entry.Bytes;
        filled.Set();
    }

    // A second bound of the same size for what can neither be dropped nor wait elsewhere.
    private bool Force(Stanza stanza, int size)
    {
        if (bytes + size > 2 * bound)
        {
            CloseHere(StreamError.ResourceConstraint);
            return false;
        }
        Enqueue(new OutboxEntry(stanza, 0, size));
        return true;
    }

    // The newer state makes the older one needless. It takes its own place in the line, or it would overtake what came in between (Z-18).
    private bool Supersede(Protocol.Stanzas.Presence presence, int size)
    {
        for (int i = queue.Count - 1; i >= 0 && !presence.IsError; i--)
        {
            OutboxEntry entry = queue[i];
            if (entry.Stanza is Protocol.Stanzas.Presence { IsError: false } older && older.From == presence.From && older.To == presence.To)
            {
                bytes -= entry.Bytes;
                queue.RemoveAt(i);
                break;
            }
        }
        return Force(presence, size);
    }

    private void CloseHere(StreamError? error)
    {
        if (isClosed)
            return;
        isClosed = true;
        CloseReason = error;
        room?.TrySetResult();
        filled.Set();
    }

    // Takes stanzas into the batch, or, when messages that wait in the log are next, their sequences into the page. True: the batch has something.
    private bool Take(List<OutboxItem> batch)
    {
        int taken = 0;
        while (queue.Count > 0 && batch.Count < BatchItems && taken < BatchBytes)
        {
            ref OutboxEntry next = ref queue[0];
            if (next.Stanza is { } stanza)
            {
                if (page.Count > 0)
                    break;
                batch.Add(new OutboxItem(stanza, next.Sequence, next.Form));
                bytes -= next.Bytes;
            }
            else
            {
                if (batch.Count > 0 || page.Count == BatchItems)
                    break;
                if (isClosed)
                {
                    // It stays undelivered; the rest of what is here can still be told.
                    KeepUnread(next);
                    queue.Dequeue();
                    continue;
                }
                page.Add(next);
            }
            taken += next.Bytes;
            queue.Dequeue();
        }
        if (room is not null && HasRoom(StanzaOverhead))
        {
            // Whoever needs more than this looks and waits again.
            room.TrySetResult();
            room = null;
        }
        if (batch.Count == 0)
            return false;
        inFlight = batch;
        return true;
    }

    private void KeepUnread(in OutboxEntry entry)
    {
        if (entry.Form == OutboxForm.Own)
            (unread ??= []).Add(entry.Sequence);
    }

    private async ValueTask<bool> TryLoadAsync(List<OutboxItem> batch)
    {
        try
        {
            await inbox.LoadAsync(presentity, page, batch);
        }
        catch (StorageException)
        {
            // The engine has logged it. They stay undelivered.
            Close(StreamError.InternalServerError);
            lock (door)
            {
                foreach (OutboxEntry entry in page)
                    KeepUnread(entry);
                page.Clear();
            }
            return false;
        }
        lock (door)
        {
            page.Clear();
            if (batch.Count > 0)
                inFlight = batch;
        }
        return batch.Count > 0;
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
                if (HasRoom(entry.Bytes))
                {
                    Enqueue(entry);
                    return;
                }
            }
        }
    }
}
