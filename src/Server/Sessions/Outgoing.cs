using System.Buffers;
using System.Runtime.InteropServices;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>What has left the queue of an outbox: being read from the log, being written, or written and not acknowledged. Guarded by the outbox's door but where it says otherwise.</summary>
/// <param name="presentity">Whose log the sequences are of.</param>
/// <param name="address">The session's full JID.</param>
/// <param name="inbox">Loads what waits in the log and marks what was delivered.</param>
internal sealed class Outgoing(Presentity presentity, Jid address, InstantInbox inbox)
{
    // One flush stays small enough that the next stanza in line is not kept waiting, and large enough to fill several packets.
    private const int BatchItems = 128;
    private const int BatchBytes = 64 * 1024;

    private readonly List<OutboxEntry> page = [];
    private List<long>? owed;
    private volatile bool isUnheard;
    private volatile bool isUnsure;
    private List<OutboxEntry>? early;

    /// <summary>Null until stream management says something.</summary>
    public OutboundManagement? Managed { get; private set; }

    /// <summary>True when the client acknowledges what it gets.</summary>
    public bool IsCounting => Managed is { IsCounting: true };

    /// <summary>True when a message was written and the client has not said anything since; without stream management only. Without the door.</summary>
    public bool IsUnheard => isUnheard;

    /// <summary>
    /// True while the client may not know of its session: it has said nothing since it was told, or, with stream management, acknowledged
    /// nothing. What is written to it in the meantime is not delivered by that. Set under the door, seen without.
    /// </summary>
    public bool IsUnsure { get => isUnsure; set => isUnsure = value; }

    /// <summary>A batch that is being written and is delivered by that; null when there is none.</summary>
    public List<OutboxItem>? InFlight { get; private set; }

    /// <summary>True when messages are to be read from the log before anything else goes on.</summary>
    public bool HasPage => page.Count > 0;

    public OutboundManagement Manage() => Managed ??= new OutboundManagement();

    /// <summary>Takes stanzas into the batch, or, when messages that wait in the log are next, their sequences into the page. True: there is something to write.</summary>
    /// <param name="queue">What waits.</param>
    /// <param name="isClosed">True when the session is ending.</param>
    /// <param name="isUrgent">True while an answer waits for room in the queue.</param>
    /// <param name="batch">Gets what is to be written.</param>
    public bool Take(OutboxQueue queue, bool isClosed, bool isUrgent, List<OutboxItem> batch)
    {
        bool isCounting = IsCounting;
        int taken = 0;
        while (queue.HasReady && batch.Count < BatchItems && taken < BatchBytes && (!isCounting || Managed!.HasRoom(page.Count, isUrgent)))
        {
            ref OutboxEntry next = ref queue[0];
            if (isClosed && next.Sequence != 0 && next.Form != OutboxForm.Copy && (next.Stanza is null || isCounting))
            {
                // What can only go back to the log stays there; the rest of what is here can still be told. A copy goes nowhere else: without
                // it an answer behind it would say that these were all.
                Owe(next);
                queue.Take();
                continue;
            }
            if (next.Stanza is not null)
            {
                if (page.Count > 0)
                    break;
                batch.Add(next.ToItem());
                if (isCounting)
                    Managed!.Add(next);
            }
            else
            {
                if (batch.Count > 0 || page.Count == BatchItems)
                    break;
                page.Add(next);
            }
            taken += next.Bytes;
            queue.Take();
        }
        if (batch.Count > 0 && !isCounting)
            InFlight = batch;
        bool says = Managed is not null && Managed.Take(batch.Count > 0);
        return batch.Count > 0 || says;
    }

    /// <summary>Reads the page into the batch. Without the door; the writer's.</summary>
    /// <exception cref="StorageException">The engine has logged it; see <see cref="Unread"/>.</exception>
    public ValueTask LoadAsync(List<OutboxItem> batch) => inbox.LoadAsync(presentity, page, batch);

    /// <summary>The page was read. False: nothing of it was there.</summary>
    public bool Loaded(List<OutboxItem> batch)
    {
        page.Clear();
        if (batch.Count == 0)
            return false;
        if (!IsCounting)
        {
            InFlight = batch;
            return true;
        }
        foreach (OutboxItem item in batch)
            Managed!.Add(OutboxEntry.Of(item));
        Managed!.Take(hasStanzas: true);
        return true;
    }

    /// <summary>The page could not be read: what it names stays undelivered.</summary>
    public void Unread()
    {
        foreach (OutboxEntry entry in page)
            Owe(entry);
        page.Clear();
    }

    /// <summary>Writes an item of a batch as the client gets it. Without the door; the writer's.</summary>
    public void Write(IBufferWriter<byte> output, in OutboxItem item) => inbox.Write(output, presentity, address, item);

    /// <summary>The batch in flight was written. False: it is delivered by that, else it is kept.</summary>
    public bool TryKeep()
    {
        if (!isUnsure)
            return false;
        foreach (OutboxItem item in InFlight!)
        {
            isUnheard |= item.Stanza is Message;
            // Without the stanza: this lies in the log.
            if (item.Sequence != 0)
                (early ??= []).Add(OutboxEntry.Of(item) with { Stanza = null });
        }
        InFlight = null;
        return true;
    }

    /// <summary>What was kept so far, for it has arrived now; null for nothing.</summary>
    public long[]? Arrived() => early?.ConvertAll(static entry => entry.Sequence).ToArray();

    /// <summary>What was kept is delivered.</summary>
    public void ForgetEarly() => early = null;

    /// <summary>The batch in flight is delivered.</summary>
    public void Flushed() => InFlight = null;

    /// <summary>The messages of a batch reached the client. Without the door.</summary>
    public void Deliver(List<OutboxItem> batch)
    {
        Span<long> sequences = stackalloc long[BatchItems];
        int found = 0;
        foreach (OutboxItem item in CollectionsMarshal.AsSpan(batch))
        {
            isUnheard |= item.Stanza is Message;
            if (item.Sequence != 0)
                sequences[found++] = item.Sequence;
        }
        inbox.MarkDelivered(presentity, sequences[..found]);
    }

    /// <summary>These messages reached the client. Without the door.</summary>
    public void Deliver(ReadOnlySpan<long> sequences) => inbox.MarkDelivered(presentity, sequences);

    /// <summary>The client has said something. Without the door.</summary>
    public void Heard()
    {
        if (isUnheard)
            isUnheard = false;
    }

    /// <summary>To be given back when the session ends.</summary>
    public void Owe(in OutboxEntry entry)
    {
        if (entry.Form == OutboxForm.Own && entry.Sequence != 0)
            (owed ??= []).Add(entry.Sequence);
    }

    /// <summary>A new line: puts in front of the queue what is not acknowledged and what was to be read next.</summary>
    /// <param name="queue">What waits.</param>
    /// <param name="answered">How many stanzas of the client were handled, as it is told.</param>
    public void Restart(OutboxQueue queue, uint answered)
    {
        InFlight = null;
        var again = new List<OutboxEntry>(Managed!.Count + page.Count);
        Managed.TakeAll(again);
        Managed.Forget(answered);
        again.AddRange(page);
        page.Clear();
        queue.PutBack(again);
    }

    /// <summary>Everything that did not reach the client, in order, with what is left of the queue.</summary>
    public Leftovers TakeLeft(OutboxQueue queue)
    {
        var left = new Leftovers([], []);
        early?.ForEach(left.Add);
        early = null;
        foreach (OutboxItem item in InFlight ?? [])
            left.Add(OutboxEntry.Of(item));
        left.Sequences.AddRange(owed ?? []);
        var rest = new List<OutboxEntry>(page.Count);
        Managed?.TakeAll(rest);
        rest.AddRange(page);
        rest.ForEach(left.Add);
        while (queue.Count > 0)
            left.Add(queue.Take());
        page.Clear();
        owed = null;
        InFlight = null;
        return left;
    }

    /// <summary>The places in the log that this session shows, or is about to, as carbons and copies; null for none.</summary>
    public HashSet<long>? Shown(OutboxQueue queue)
    {
        HashSet<long>? shown = null;
        early?.ForEach(Look);
        Managed?.ForEach(Look);
        page.ForEach(Look);
        for (int i = 0; i < queue.Count; i++)
            Look(queue[i]);
        foreach (OutboxItem item in InFlight ?? [])
            Look(OutboxEntry.Of(item));
        return shown;

        void Look(OutboxEntry entry)
        {
            if (entry.Form != OutboxForm.Own && entry.Sequence != 0)
                (shown ??= []).Add(entry.Sequence);
        }
    }
}
