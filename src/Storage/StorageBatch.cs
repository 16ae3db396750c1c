using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>One change of several places that happens whole or not at all. Not to be changed once it was given to <see cref="StorageEngine.Commit"/>.</summary>
public sealed class StorageBatch
{
    // Nearly all batches are of one or two: a message in both logs, a mark of what was delivered.
    private StorageOperation first;
    private StorageOperation[] rest = [];

    /// <summary>How many operations it has.</summary>
    internal int Count { get; private set; }

    internal ref readonly StorageOperation this[int index] => ref index == 0 ? ref first : ref rest[index - 1];

    /// <summary>Bytes of content and values, for bounds of commit groups.</summary>
    internal long Bytes { get; private set; }

    /// <summary>True when it changes nothing.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Sets a key of an account in a collection.</summary>
    public StorageBatch Put(string collection, Jid account, string key, ReadOnlyMemory<byte> value) =>
        Add(new(OperationKind.Put, Bare(account), collection) { Key = key, Content = LogContent.Of(value) }, key.Length + value.Length);

    /// <summary>Removes a key, if it is there.</summary>
    public StorageBatch Delete(string collection, Jid account, string key) =>
        Add(new(OperationKind.Delete, Bare(account), collection) { Key = key }, key.Length);

    /// <summary>Removes every key of an account in one collection.</summary>
    public StorageBatch DeleteAll(string collection, Jid account) => Add(new(OperationKind.DeleteAll, Bare(account), collection), 0);

    /// <summary>
    /// Appends an entry whose sequence came from <see cref="StorageEngine.NextSequence"/>. Entries of one batch with the same
    /// <see cref="LogEntry.Content"/> memory share it in the engine.
    /// </summary>
    public StorageBatch Append(string log, Jid account, LogEntry entry) =>
        Append(log, account, entry.Sequence, entry.Time, entry.Peer, entry.Box, entry.Outgoing, entry.Undelivered, LogContent.Of(entry.Content), entry.Mark);

    /// <summary>As the other, for what need not be bytes yet; entries of one batch with the same <paramref name="content"/> share it. For the parameters see <see cref="LogEntry"/>.</summary>
    public StorageBatch Append(string log, Jid account, long sequence, DateTimeOffset time, Jid peer, string box, bool outgoing, bool undelivered, LogContent content, LogMark? mark = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequence);
        var operation = new StorageOperation(OperationKind.Append, Bare(account), log)
        {
            Sequence = sequence,
            Time = time.UtcTicks,
            Peer = peer,
            Key = box,
            Outgoing = outgoing,
            Undelivered = undelivered,
            Content = content,
            Mark = Checked(mark, sequence),
        };
        return Add(operation, content.Length);
    }

    /// <summary>Appends the place of an entry that is not to be kept, for the sake of its mark: as if the entry were appended and deleted.</summary>
    public StorageBatch AppendPlace(string log, Jid account, long sequence, DateTimeOffset time, LogMark mark)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequence);
        return Add(new(OperationKind.Append, Bare(account), log) { Sequence = sequence, Time = time.UtcTicks, Mark = Checked(mark, sequence), IsPlace = true }, 0);
    }

    /// <summary>Marks entries delivered; those already delivered or deleted are ignored.</summary>
    public StorageBatch MarkDelivered(string log, Jid account, IReadOnlyList<long> sequences) =>
        Add(new(OperationKind.MarkDelivered, Bare(account), log) { Sequences = sequences }, sizeof(long) * sequences.Count);

    /// <summary>Marks one entry delivered.</summary>
    public StorageBatch MarkDelivered(string log, Jid account, long sequence) =>
        Add(new(OperationKind.MarkDelivered, Bare(account), log) { Sequence = sequence }, sizeof(long));

    /// <summary>Deletes entries; their sequences stay known as places for paging (MAM) but are never returned.</summary>
    public StorageBatch DeleteEntries(string log, Jid account, IReadOnlyList<long> sequences) =>
        Add(new(OperationKind.DeleteEntries, Bare(account), log) { Sequences = sequences }, sizeof(long) * sequences.Count);

    /// <summary>Puts entries into another box; those that are deleted or unknown are ignored. Their places stay as they are. To be used for what is durable already.</summary>
    public StorageBatch MoveEntries(string log, Jid account, string box, IReadOnlyList<long> sequences) =>
        Add(new(OperationKind.MoveEntries, Bare(account), log) { Key = box, Sequences = sequences }, sizeof(long) * sequences.Count);

    /// <summary>Removes a whole log.</summary>
    public StorageBatch DeleteLog(string log, Jid account) => Add(new(OperationKind.DeleteLog, Bare(account), log), 0);

    /// <summary>Removes an account from every collection and every log.</summary>
    public StorageBatch DeleteAccount(Jid account) => Add(new(OperationKind.DeleteAccount, Bare(account)), 0);

    private static LogMark Checked(LogMark? mark, long sequence)
    {
        if (mark is not { } given) return default;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(given.Handle, nameof(mark));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(given.Handle, sequence, nameof(mark));
        return given;
    }

    private static Jid Bare(Jid account) => account.IsBare ? account : throw new ArgumentException($"An account is a bare JID, not {account}.", nameof(account));

    private StorageBatch Add(in StorageOperation operation, int bytes)
    {
        if (Count == 0)
        {
            first = operation;
        }
        else
        {
            if (Count > rest.Length) Array.Resize(ref rest, (2 * Count) - 1);
            rest[Count - 1] = operation;
        }
        Count++;
        Bytes += bytes;
        return this;
    }
}
