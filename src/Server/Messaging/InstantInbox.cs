using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>The INSTANT INBOX (RFC 2778 §2.2): each account's one durable log, and what of it waits for delivery.</summary>
public sealed class InstantInbox(
    StorageEngine engine, InboxStore store, LocalDomains domains, TimeProvider clock, ServerOptions options, ILogger<InstantInbox> logger)
{
    // Messages in memory at a time, of an inbox of any size.
    private const int Page = 100;

    private readonly Lock order = new();
    private readonly InboxOptions limits = options.Inbox;
    private DateTimeOffset lastTime;

    /// <summary>The time by this server's clock.</summary>
    internal DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The stanza-id of an entry of an account's log.</summary>
    public string StanzaId(Jid account, long sequence) => store.StanzaId(account, sequence);

    /// <summary>False for anything that is not an id of this account's log.</summary>
    public bool TryParseStanzaId(Jid account, string id, out long sequence) => store.TryParseStanzaId(account, id, out sequence);

    /// <summary>Why no message can be stored now; null when it can.</summary>
    internal StanzaError? Refuse() => engine.IsFailing
        ? StanzaError.ResourceConstraint with { Text = "The server cannot store messages at the moment; try again later." }
        : null;

    /// <summary>Why a message cannot be stored for this account now; null when it can. Under its gate.</summary>
    internal StanzaError? Refuse(Presentity recipient, int bytes)
    {
        if (Refuse() is { } refused)
            return refused;
        Undelivered undelivered = recipient.Undelivered;
        bool isFull = (limits.QuotaMessages > 0 && undelivered.Count >= limits.QuotaMessages)
            || (limits.QuotaBytes > 0 && undelivered.Bytes + bytes > limits.QuotaBytes);
        return isFull ? StanzaError.ResourceConstraint with { Text = "The recipient's inbox is full." } : null;
    }

    /// <summary>
    /// Appends a message to the logs of both accounts in one batch. Under the recipient's gate. The sequence and the place in the writer's
    /// queue are given together, so a log that is read while it grows never shows a later entry before an earlier one.
    /// </summary>
    /// <param name="recipient">Whose inbox it goes to, undelivered.</param>
    /// <param name="sender">Who sent it when it is one of ours: how far his session has come is noted in his account's log, if only as a place (XEP-0198).</param>
    /// <param name="isKept">True when the sender's account gets a copy marked as its own.</param>
    /// <param name="message">As it is stored, without ids of ours.</param>
    /// <param name="original">As it was sent, for the sender's copy; null: the same.</param>
    /// <param name="isPassing">True: it waits for delivery only and is deleted then.</param>
    /// <param name="bytes">Its size in the log.</param>
    /// <param name="commit">When it is durable.</param>
    internal long Append(Presentity recipient, ClientSession? sender, bool isKept, Message message, Message? original, bool isPassing, out int bytes, out Task commit) =>
        Append(recipient, sender, isKept, message, original, isPassing ? InboxStore.Passing : "", undelivered: true, out bytes, out commit);

    /// <summary>As <see cref="Append(Presentity, ClientSession?, bool, Message, Message?, bool, out int, out Task)"/>, into a box in which it waits for nobody: it is read where that box is asked for.</summary>
    internal long File(Presentity recipient, ClientSession? sender, bool isKept, Message message, Message? original, string box, out Task commit) =>
        Append(recipient, sender, isKept, message, original, box, undelivered: false, out _, out commit);

    private long Append(
        Presentity recipient, ClientSession? sender, bool isKept, Message message, Message? original, string box, bool undelivered, out int bytes, out Task commit)
    {
        LogContent content = LogContent.Of(message);
        bytes = content.Length;
        var batch = new StorageBatch();
        Presentity? account = sender?.Presentity;
        LogMark? mark = sender?.Management?.TakeMark();
        lock (order)
        {
            long sequence = Next();
            batch.Append(
                InboxStore.Log, recipient.Address, sequence, lastTime, message.From!.Bare, box, outgoing: false, undelivered, content,
                account == recipient ? mark : null);
            if (account is { IsRemoved: false } && account != recipient)
            {
                if (isKept)
                    batch.Append(InboxStore.Log, account.Address, sequence, lastTime, recipient.Address, "", outgoing: true, undelivered: false,
                        original is null || ReferenceEquals(original, message) ? content : LogContent.Of(original), mark);
                else if (mark is { } noted)
                    batch.AppendPlace(InboxStore.Log, account.Address, sequence, lastTime, noted);
            }
            commit = recipient.Commit(batch);
            return sequence;
        }
    }

    /// <summary>Appends a message to its sender's log alone.</summary>
    /// <param name="sender">Who sent it.</param>
    /// <param name="message">As it is stored, without ids of ours.</param>
    /// <param name="commit">When it is durable.</param>
    /// <returns>Its sequence; 0 when the account is being deleted.</returns>
    internal long AppendSent(ClientSession sender, Message message, out Task commit)
    {
        LogContent content = LogContent.Of(message);
        Presentity account = sender.Presentity;
        var batch = new StorageBatch();
        lock (order)
        {
            commit = Task.CompletedTask;
            if (account.IsRemoved)
                return 0;
            long sequence = Next();
            batch.Append(
                InboxStore.Log, account.Address, sequence, lastTime, message.To!.Bare, "", outgoing: true, undelivered: false, content, sender.Management?.TakeMark());
            commit = engine.Commit(batch);
            return sequence;
        }
    }

    /// <summary>When this returns, no append that saw an account as it was before is still to be enqueued.</summary>
    internal void Fence()
    {
        lock (order)
        {
        }
    }

    /// <summary>
    /// Writes what an outbox holds as the client gets it: a message that lies in the log with its stanza-id (XEP-0359), and with the time it
    /// came when it waited there (XEP-0203). Both are made here, so that no copy of the message is needed for them and no gate is held meanwhile.
    /// </summary>
    /// <param name="output">The client's stream.</param>
    /// <param name="presentity">Whose log the sequence is of.</param>
    /// <param name="to">The session's full JID.</param>
    /// <param name="item">What is written.</param>
    internal void Write(IBufferWriter<byte> output, Presentity presentity, Jid to, in OutboxItem item)
    {
        if (item.Form == OutboxForm.Copy || item is { Sequence: 0, Form: OutboxForm.Own, Time: 0 })
        {
            StanzaWriter.Write(output, item.Stanza, Namespaces.Client);
            return;
        }
        Jid domain = domains.DomainOf(presentity.Address);
        int size = StanzaStamps.DelayRoom(domain) + StanzaStamps.StanzaIdRoom(presentity.Address);
        Span<byte> room = size <= 512 ? stackalloc byte[512] : new byte[size];
        int delay = item.Time == 0 ? 0 : StanzaStamps.WriteDelay(room, domain, item.Time).Length;
        int id = item.Sequence == 0 ? 0 : StanzaStamps.WriteStanzaId(room[delay..], store, presentity.Address, item.Sequence).Length;
        if (item.Form == OutboxForm.Carbon)
            CarbonWrap.Write(output, presentity.Address, to, (Message)item.Stanza, room.Slice(delay, id), room[..delay]);
        else
            StanzaWriter.Write(output, item.Stanza, Namespaces.Client, room[..(delay + id)]);
    }

    /// <summary>Reads messages that wait, in the order asked, as they are to be written: with the time they came.</summary>
    internal async ValueTask LoadAsync(Presentity presentity, IReadOnlyList<OutboxEntry> entries, List<OutboxItem> into)
    {
        var sequences = new long[entries.Count];
        for (int i = 0; i < sequences.Length; i++)
            sequences[i] = entries[i].Sequence;
        IReadOnlyList<LogEntry> found = await ReadAsync(presentity, sequences);
        int next = 0;
        foreach (OutboxEntry entry in entries)
        {
            if (next == found.Count || found[next].Sequence != entry.Sequence)
                continue;
            LogEntry read = found[next++];
            into.Add(new OutboxItem(StanzaReader.ReadCanonical(read.Content), entry.Sequence, entry.Form, read.Time.UtcTicks));
        }
        if (found.Count < sequences.Length)
            Forget(presentity, sequences, found);
    }

    /// <summary>Reads messages of an account that is loaded, in the order asked; what is not there any more is left out.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Presentity presentity, IReadOnlyList<long> sequences)
    {
        IReadOnlyList<LogEntry> found = await engine.ReadLogAsync(InboxStore.Log, presentity.Address, sequences);
        if (found.Count < sequences.Count)
        {
            // The youngest may be on their way to the disk still, some of them in the batch of another account.
            await engine.Commit(new StorageBatch()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            found = await engine.ReadLogAsync(InboxStore.Log, presentity.Address, sequences);
        }
        List<long>? passing = null;
        foreach (LogEntry entry in found)
        {
            if (entry.Box == InboxStore.Passing)
                (passing ??= []).Add(entry.Sequence);
        }
        if (passing is not null)
        {
            lock (presentity.Gate)
                passing.ForEach(presentity.Undelivered.Passes);
        }
        return found;
    }

    /// <summary>As <see cref="ReadAsync"/>, of any number, some in memory at a time.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async IAsyncEnumerable<LogEntry> ReadAllAsync(Presentity presentity, List<long> sequences, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (int start = 0; start < sequences.Count; start += Page)
        {
            cancel.ThrowIfCancellationRequested();
            foreach (LogEntry entry in await ReadAsync(presentity, sequences.GetRange(start, Math.Min(Page, sequences.Count - start))))
                yield return entry;
        }
    }

    /// <summary>Afterwards it is known which of these messages are in no archive.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask LookThroughAsync(Presentity presentity, List<long> sequences, CancellationToken cancel)
    {
        await foreach (LogEntry _ in ReadAllAsync(presentity, sequences, cancel))
        {
        }
    }

    /// <summary>Messages that wait are to wait no longer: their owner said so. Under the gate. What was looked through (<see cref="LookThroughAsync"/>) and is in no archive is deleted.</summary>
    /// <returns>When it is durable.</returns>
    internal static Task Discard(Presentity presentity, IReadOnlyList<long> sequences)
    {
        var kept = new List<long>(sequences.Count);
        var passing = new List<long>();
        foreach (long sequence in sequences)
        {
            if (presentity.Undelivered.Remove(sequence, out bool isPassing))
                (isPassing ? passing : kept).Add(sequence);
        }
        var batch = new StorageBatch();
        if (kept.Count > 0)
            batch.MarkDelivered(InboxStore.Log, presentity.Address, kept);
        if (passing.Count > 0)
            batch.DeleteEntries(InboxStore.Log, presentity.Address, passing);
        return presentity.Commit(batch);
    }

    /// <summary>
    /// The owner deletes messages, wherever they lie and whether or not they wait: they come at no login any more. What an outbox holds already may still reach its
    /// client, but is not given back. Their places stay. Under the gate.
    /// </summary>
    /// <returns>When it is durable.</returns>
    internal static Task Delete(Presentity presentity, IReadOnlyList<long> sequences)
    {
        foreach (long sequence in sequences)
            presentity.Undelivered.Remove(sequence);
        return presentity.Commit(new StorageBatch().DeleteEntries(InboxStore.Log, presentity.Address, sequences));
    }

    /// <summary>The owner puts messages that are durable into a box. What he puts away waits for nobody any more, as what a rule files. Under the gate.</summary>
    /// <returns>When it is durable.</returns>
    internal static Task Move(Presentity presentity, IReadOnlyList<long> sequences, string box)
    {
        var batch = new StorageBatch();
        var waiting = new List<long>();
        if (box.Length > 0)
            waiting.AddRange(sequences.Where(presentity.Undelivered.Remove));
        if (waiting.Count > 0)
            batch.MarkDelivered(InboxStore.Log, presentity.Address, waiting);
        return presentity.Commit(batch.MoveEntries(InboxStore.Log, presentity.Address, box, sequences));
    }

    /// <summary>These messages were acknowledged, or, without acknowledgements, written to a live connection: delivered (D4). One change of the store for all of them.</summary>
    internal void MarkDelivered(Presentity presentity, ReadOnlySpan<long> sequences)
    {
        if (sequences.IsEmpty)
            return;
        lock (presentity.Gate)
        {
            // In a live conversation it is one.
            long first = 0;
            List<long>? all = null;
            List<long>? passing = null;
            foreach (long sequence in sequences)
            {
                if (!presentity.Undelivered.Remove(sequence, out bool isPassing))
                    continue;
                if (isPassing)
                    (passing ??= []).Add(sequence);
                else if (first == 0)
                    first = sequence;
                else
                    (all ??= new List<long>(sequences.Length) { first }).Add(sequence);
            }
            if ((first == 0 && passing is null) || presentity.IsRemoved)
                return;
            var batch = new StorageBatch();
            if (passing is not null)
                batch.DeleteEntries(InboxStore.Log, presentity.Address, passing);
            if (all is not null)
                batch.MarkDelivered(InboxStore.Log, presentity.Address, all);
            else if (first != 0)
                batch.MarkDelivered(InboxStore.Log, presentity.Address, first);
            presentity.Commit(batch);
        }
    }

    /// <summary>Queues what waits, no other session carries, and this one is not about to see as a carbon or a copy; under the gate.</summary>
    /// <param name="presentity">Whose inbox it is.</param>
    /// <param name="session">Who gets it.</param>
    /// <param name="isComing">True when it takes messages from now on, and has not done so before.</param>
    internal static void Flood(Presentity presentity, ClientSession session, bool isComing = false)
    {
        if (presentity.Undelivered.Count == 0)
            return;
        foreach (UndeliveredEntry entry in presentity.Undelivered.TakeWaiting(session.Outbox.Shown(), session.ReadsArchiveTo, isComing))
        {
            if (!session.TrySend(entry))
                presentity.Undelivered.PutBack(entry.Sequence);
        }
        // Once: what another session gives back later is news to this one.
        session.ReadsArchiveTo = 0;
    }

    /// <summary>
    /// What waits at this moment a session that was bound within its sign-in reads in the archive, and is not sent otherwise (XEP-0386 1.1.0
    /// §3.2). It goes on waiting until it was read there, or another session takes it: nothing is cleared that nobody has seen.
    /// </summary>
    internal async ValueTask LeaveToArchiveAsync(ClientSession session, CancellationToken cancel)
    {
        Presentity presentity = session.Presentity;
        List<UndeliveredEntry> waiting;
        lock (presentity.Gate)
            waiting = presentity.Undelivered.Waiting();
        if (waiting.Count == 0)
            return;
        try
        {
            await LookThroughAsync(presentity, waiting.ConvertAll(static entry => entry.Sequence), cancel);
        }
        catch (StorageException)
        {
            // The engine has logged it. They are sent, then.
            return;
        }
        lock (presentity.Gate)
            session.ReadsArchiveTo = waiting[^1].Sequence;
    }

    // Under the order's lock.
    private long Next()
    {
        DateTimeOffset now = clock.GetUtcNow();
        lastTime = now > lastTime ? now : lastTime;
        return engine.NextSequence();
    }

    // Deleted meanwhile, or their commit failed and the sender was never acknowledged.
    private void Forget(Presentity presentity, long[] asked, IReadOnlyList<LogEntry> found)
    {
        var known = new HashSet<long>(found.Count);
        foreach (LogEntry entry in found)
            known.Add(entry.Sequence);
        int forgotten = 0;
        lock (presentity.Gate)
        {
            foreach (long sequence in asked)
            {
                if (!known.Contains(sequence) && presentity.Undelivered.Remove(sequence))
                    forgotten++;
            }
        }
        if (forgotten > 0)
            MessagingLog.Forgotten(logger, forgotten, presentity.Address);
    }
}
