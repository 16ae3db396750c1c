using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>
/// The contract of every engine: two primitives, keyed collections (account → ordered key → value) and logs (account → sequence →
/// entry), with one atomic batch over both. An account is any bare JID. One contract suite runs against every engine.
/// </summary>
/// <remarks>Every read throws <see cref="StorageException"/> when the store cannot be read. All members may be called from any thread.</remarks>
public abstract class StorageEngine : IAsyncDisposable
{
    /// <summary>
    /// The next sequence: one ascending counter for the whole store, given in memory, never given twice (also after a crash).
    /// </summary>
    /// <exception cref="StorageException">The store has not been writable for so long that the durable reservation is used up.</exception>
    public abstract long NextSequence();

    /// <summary>
    /// Enqueues a batch and returns the task of its commit group; never waits. Batches become durable in the order of the calls, each
    /// whole or not at all. The task fails with <see cref="StorageException"/> when the group could not be written; nothing of it is then in the store.
    /// An empty batch is a barrier: its task ends when everything enqueued before is durable.
    /// </summary>
    public abstract Task Commit(StorageBatch batch);

    /// <summary>True while the last commit failed: new messages are to be turned away. The engine itself tries again until one succeeds.</summary>
    public abstract bool IsFailing { get; }

    /// <summary>16 random bytes made with the store and kept in it and its backups: the root of everything that must be unguessable yet stay the same.</summary>
    public abstract ReadOnlyMemory<byte> Secret { get; }

    /// <summary>Random for the store and for each restore of a backup into it: what was told to clients before a restore is recognised as another history.</summary>
    public abstract string Incarnation { get; }

    /// <summary>The value of a key, or null. Durable data only.</summary>
    public abstract ValueTask<ReadOnlyMemory<byte>?> GetAsync(string collection, Jid account, string key, CancellationToken cancel = default);

    /// <summary>Entries with from ≤ key &lt; to (null: open), in ordinal key order, at most <paramref name="limit"/>. Durable data only.</summary>
    public abstract ValueTask<IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>> RangeAsync(string collection, Jid account, string? from = null, string? to = null, int limit = int.MaxValue, CancellationToken cancel = default);

    /// <summary>Accounts of a domain that have anything in <paramref name="collection"/>, ascending by octets, in pages.</summary>
    public abstract ValueTask<IReadOnlyList<Jid>> ListAccountsAsync(string collection, string domain, Jid? after, int limit, CancellationToken cancel = default);

    /// <summary>Accounts that have <paramref name="key"/> in <paramref name="collection"/>, ascending by octets. The collection is one of <see cref="SearchableCollections"/>.</summary>
    /// <exception cref="ArgumentException">The collection is not searchable.</exception>
    public abstract ValueTask<IReadOnlyList<Jid>> FindAccountsAsync(string collection, string key, CancellationToken cancel = default);

    /// <summary>Entries of a log by query, ascending by sequence.</summary>
    public abstract ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(string log, Jid account, LogQuery query, CancellationToken cancel = default);

    /// <summary>Entries of a log by sequence, in the order asked; deleted or unknown ones are left out.</summary>
    public abstract ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(string log, Jid account, IReadOnlyList<long> sequences, CancellationToken cancel = default);

    /// <summary>
    /// Shows every entry of a log to <paramref name="visit"/>, without copying contents; the order is that of sequences, but for the youngest. It is called on another
    /// thread, and is not to wait.
    /// </summary>
    public abstract ValueTask VisitLogAsync(string log, Jid account, LogVisitor visit, CancellationToken cancel = default);

    /// <summary>Ascending sequences of entries that were appended as undelivered and not marked delivered or deleted since, with their sizes in bytes.</summary>
    public abstract ValueTask<IReadOnlyList<UndeliveredEntry>> ReadUndeliveredAsync(string log, Jid account, CancellationToken cancel = default);

    /// <summary>True when the sequence is a place of this log: an entry, or one that was deleted (XEP-0313 answers item-not-found for anything else).</summary>
    public abstract ValueTask<bool> HasPlaceAsync(string log, Jid account, long sequence, CancellationToken cancel = default);

    /// <summary>
    /// The newest mark with this handle on an entry or a place of a log, or null. Looks from the end back to the handle, for a mark is
    /// younger than its handle; durable data only. What it costs grows with the entries younger than the mark, not with their contents.
    /// </summary>
    public abstract ValueTask<LogMark?> FindMarkAsync(string log, Jid account, long handle, CancellationToken cancel = default);

    /// <summary>A consistent copy into a new file while the store is in use, with everything that was enqueued before the call.</summary>
    /// <exception cref="StorageException">The file exists or could not be written.</exception>
    public abstract Task BackupAsync(string file, CancellationToken cancel = default);

    /// <summary>Commits what is enqueued and closes the store.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Collections that <see cref="FindAccountsAsync"/> can search by key; each costs an index.</summary>
    public static IReadOnlyList<string> SearchableCollections { get; } = [RosterStore.Items];
}
