using PresenceXml.Protocol;
using PresenceXml.Storage;

namespace PresenceXml.Testing;

/// <summary>A real engine whose commits can be held back or made to fail, and whose reads can be made to fail.</summary>
public sealed class FaultyEngine(StorageEngine inner) : StorageEngine
{
    private volatile bool failsCommits;
    private volatile TaskCompletionSource? hold;

    /// <summary>Commits fail from now on, and the engine says so, as after a full disk.</summary>
    public bool FailsCommits
    {
        get => failsCommits;
        set => failsCommits = value;
    }

    /// <summary>Reads fail.</summary>
    public bool FailsReads { get; set; }

    /// <summary>Reads of a log's pages fail.</summary>
    public bool FailsLogReads { get; set; }

    /// <summary>True: it says of itself that commits fail.</summary>
    public bool SaysItFails { get; set; }

    public override bool IsFailing => SaysItFails || inner.IsFailing;

    public override ReadOnlyMemory<byte> Secret => inner.Secret;

    public override string Incarnation => inner.Incarnation;

    /// <summary>Tasks of commits from now on end when <see cref="LetCommitsEnd"/> is called.</summary>
    public void HoldCommits() => hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetCommitsEnd()
    {
        TaskCompletionSource? held = hold;
        hold = null;
        held?.SetResult();
    }

    /// <summary>Called by whoever is about to give a sequence.</summary>
    public Action? Sequencing { get; set; }

    public override long NextSequence()
    {
        Sequencing?.Invoke();
        return inner.NextSequence();
    }

    public override Task Commit(StorageBatch batch)
    {
        if (failsCommits)
            return hold is { } failing ? FailAsync(failing.Task) : Task.FromException(new StorageException("The disk is full, says the test."));
        Task commit = inner.Commit(batch);
        return hold is { } held ? Task.WhenAll(commit, held.Task) : commit;
    }

    public override ValueTask<ReadOnlyMemory<byte>?> GetAsync(string collection, Jid account, string key, CancellationToken cancel = default) =>
        Read().GetAsync(collection, account, key, cancel);

    /// <summary>Runs behind a read of a range of this collection, before its reader gets what was read.</summary>
    public Func<string, Task>? Ranged { get; set; }

    public override async ValueTask<IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>> RangeAsync(string collection, Jid account, string? from = null, string? to = null, int limit = int.MaxValue, CancellationToken cancel = default)
    {
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> range = await Read().RangeAsync(collection, account, from, to, limit, cancel);
        if (Ranged is { } ranged)
            await ranged(collection);
        return range;
    }

    public override ValueTask<IReadOnlyList<Jid>> ListAccountsAsync(string collection, string domain, Jid? after, int limit, CancellationToken cancel = default) =>
        Read().ListAccountsAsync(collection, domain, after, limit, cancel);

    public override ValueTask<IReadOnlyList<Jid>> FindAccountsAsync(string collection, string key, CancellationToken cancel = default) =>
        Read().FindAccountsAsync(collection, key, cancel);

    /// <summary>The most entries that were asked for at once.</summary>
    public int LargestPage { get; private set; }

    public override ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(string log, Jid account, LogQuery query, CancellationToken cancel = default)
    {
        LargestPage = Math.Max(LargestPage, query.Limit);
        return Read(FailsLogReads).ReadLogAsync(log, account, query, cancel);
    }

    public override ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(string log, Jid account, IReadOnlyList<long> sequences, CancellationToken cancel = default) =>
        Read().ReadLogAsync(log, account, sequences, cancel);

    public override ValueTask VisitLogAsync(string log, Jid account, LogVisitor visit, CancellationToken cancel = default) =>
        Read().VisitLogAsync(log, account, visit, cancel);

    public override ValueTask<IReadOnlyList<UndeliveredEntry>> ReadUndeliveredAsync(string log, Jid account, CancellationToken cancel = default) =>
        Read().ReadUndeliveredAsync(log, account, cancel);

    public override ValueTask<bool> HasPlaceAsync(string log, Jid account, long sequence, CancellationToken cancel = default) =>
        Read().HasPlaceAsync(log, account, sequence, cancel);

    public override ValueTask<LogMark?> FindMarkAsync(string log, Jid account, long handle, CancellationToken cancel = default) =>
        Read().FindMarkAsync(log, account, handle, cancel);

    public override Task BackupAsync(string file, CancellationToken cancel = default) => inner.BackupAsync(file, cancel);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private static async Task FailAsync(Task held)
    {
        await held;
        throw new StorageException("The disk is full, says the test.");
    }

    private StorageEngine Read(bool fails = false) => fails || FailsReads ? throw new StorageException("The disk cannot be read, says the test.") : inner;
}
