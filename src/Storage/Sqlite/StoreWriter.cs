using System.Diagnostics;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// The one writer: a thread that takes what was enqueued while it was busy as one group, commits it, and merges in between. Its
/// connection is used by nobody else.
/// </summary>
internal sealed class StoreWriter
{
    /// <summary>Above this many times its bound a tail that cannot be merged stops further messages.</summary>
    private const double StuckPressure = 8;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Database database;
    private readonly LogTails tails;
    private readonly StorageSettings settings;
    private readonly SequenceCounter sequences;
    private readonly Checkpointer checkpointer;
    private readonly KeyedTables tables;
    private readonly Merger merger;
    private readonly JournalRecord journal = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object queueLock = new();
    private readonly Queue<CommitGroup> queue = new();
    private CommitGroup? open;
    private TaskCompletionSource? mergeAsked;
    private bool closing;
    private volatile bool isFailing;
    private StorageException? mergeError;
    private long mergeFailed;

    /// <param name="database">The writer's own connection.</param>
    /// <param name="tails">What is in the journal already, replayed.</param>
    /// <param name="sequences">The counter whose reservation it keeps long enough.</param>
    /// <param name="checkpointer">Told what was written.</param>
    /// <param name="settings">Of the store.</param>
    /// <param name="lastRecord">The last number given to a journal record.</param>
    /// <param name="records">Records in the journal.</param>
    public StoreWriter(Database database, LogTails tails, SequenceCounter sequences, Checkpointer checkpointer, StorageSettings settings, long lastRecord, long records)
    {
        this.database = database;
        this.tails = tails;
        this.sequences = sequences;
        this.checkpointer = checkpointer;
        this.settings = settings;
        tables = new(database);
        merger = new(database, tails, tables, settings) { LastRecord = lastRecord, Records = records };
        new Thread(Run) { IsBackground = true, Name = "Store writer" }.Start();
    }

    public bool IsFailing => isFailing;

    public Task Enqueue(StorageBatch batch)
    {
        lock (queueLock)
        {
            if (closing) return Task.FromException(new StorageException("The store is closed."));
            if (open is null)
            {
                queue.Enqueue(open = new());
                Monitor.Pulse(queueLock);
            }
            var group = open;
            group.Add(batch);
            if (group.Bytes >= CommitGroup.FullBytes) open = null;
            return group.Task;
        }
    }

    /// <summary>Merges everything that is committed by now.</summary>
    public Task MergeAsync()
    {
        lock (queueLock)
        {
            if (closing) return Task.FromException(new StorageException("The store is closed."));
            mergeAsked ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            Monitor.Pulse(queueLock);
            return mergeAsked.Task;
        }
    }

    /// <summary>Commits what is enqueued, merges, and ends.</summary>
    public Task CloseAsync()
    {
        lock (queueLock)
        {
            closing = true;
            Monitor.Pulse(queueLock);
        }
        return ended.Task;
    }

    private bool CanMerge => merger.IsActive && (mergeError is null || Stopwatch.GetElapsedTime(mergeFailed) >= RetryAfter);

    private void Run()
    {
        while (Next(out var group))
        {
            if (group is not null) Commit(group);
            else if (isFailing) Probe();
            Between();
        }
        MergeAll();
        ended.SetResult();
    }

    /// <summary>False at the end; otherwise a group, or null when there is something else to do.</summary>
    private bool Next(out CommitGroup? group)
    {
        lock (queueLock)
        {
            while (true)
            {
                if (queue.TryDequeue(out group))
                {
                    if (group == open) open = null;
                    return true;
                }
                if (closing) return false;
                if (CanMerge || mergeAsked is not null) return true;
                if (!isFailing && mergeError is null) Monitor.Wait(queueLock);
                else if (!Monitor.Wait(queueLock, RetryAfter)) return true;
            }
        }
    }

    private void Commit(CommitGroup group)
    {
        try
        {
            if (mergeError is not null && merger.Pressure > StuckPressure) throw mergeError;
            Write(group);
            isFailing = false;
        }
        catch (Exception e)
        {
            // Whatever it was, the thread lives on and the group is told.
            isFailing = true;
            Undo();
            group.Fail(e as StorageException ?? new StorageException("The store failed.", e));
            return;
        }
        group.Succeed();
    }

    private void Write(CommitGroup group)
    {
        settings.Fault?.Invoke(StorageStep.Begin);
        journal.Clear();
        foreach (var batch in group.Batches) journal.Add(batch);
        if (journal.IsEmpty && group.Batches.TrueForAll(batch => batch.IsEmpty)) return;
        Undo();
        database.Begin(settings.Durable ? "FULL" : "OFF");
        var rows = 0;
        var deletes = false;
        var moves = false;
        foreach (var batch in group.Batches)
        {
            for (var i = 0; i < batch.Count; i++)
            {
                ref readonly var operation = ref batch[i];
                if (!Apply(operation)) continue;
                rows++;
                deletes |= operation.Kind is OperationKind.DeleteLog or OperationKind.DeleteAccount;
                moves |= operation.Kind == OperationKind.MoveEntries;
            }
        }
        byte[]? record = null;
        if (!journal.IsEmpty)
        {
            settings.Fault?.Invoke(StorageStep.Journal);
            record = journal.ToArray();
            database["INSERT INTO journal (id, record) VALUES (?1, ?2)"].Bind(1, merger.LastRecord + 1).Bind(2, record).Run();
        }
        long? reserved = sequences.IsShort ? sequences.Extend(database) : null;
        settings.Fault?.Invoke(StorageStep.Commit);
        // Entries that are new in a tail are in no chunk yet; a deletion is in both, and so is a move.
        if (deletes || moves) tails.Change(() => database.Execute("COMMIT"), ApplyRecord);
        else
        {
            database.Execute("COMMIT");
            lock (tails.Gate) ApplyRecord();
        }
        if (reserved is { } durable) sequences.Confirm(durable);
        if (deletes) merger.Want();
        checkpointer.Add((record?.Length ?? 0) + ((long)Schema.PageBytes * (rows + 1)));

        void ApplyRecord()
        {
            if (record is null) return;
            merger.LastRecord++;
            merger.Records++;
            journal.Apply(record, tails);
        }
    }

    /// <summary>Does to the tables what an operation does at once; false when it only goes into the journal.</summary>
    private bool Apply(in StorageOperation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Put:
                tables.Put(operation.Name, operation.Account, operation.Key, operation.Content.Ready);
                return true;
            case OperationKind.Delete:
                tables.Delete(operation.Name, operation.Account, operation.Key);
                return true;
            case OperationKind.DeleteAll:
                tables.DeleteAll(operation.Name, operation.Account);
                return true;
            case OperationKind.DeleteLog:
                tables.DeleteLog(operation.Name, operation.Account);
                return true;
            case OperationKind.DeleteAccount:
                tables.DeleteAccount(operation.Account);
                return true;
            case OperationKind.MoveEntries:
                merger.Move(operation);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Tries whether the store can be written again, so that nobody has to offer a message to find out.</summary>
    private void Probe()
    {
        try
        {
            settings.Fault?.Invoke(StorageStep.Begin);
            Undo();
            database.Begin(settings.Durable ? "FULL" : "OFF");
            var reserved = sequences.Extend(database);
            settings.Fault?.Invoke(StorageStep.Commit);
            database.Execute("COMMIT");
            sequences.Confirm(reserved);
            isFailing = false;
        }
        catch (Exception e) when (e is StorageException or IOException)
        {
            Undo();
        }
    }

    private void Between()
    {
        try
        {
            checkpointer.FinishIfLarge(database);
            if (Interlocked.Exchange(ref mergeAsked, null) is { } asked) MergeFor(asked);
            if (!CanMerge) return;
            var before = merger.Written;
            // The further the tails have grown, the longer commits wait for them: memory stays bounded.
            merger.Step(TimeSpan.FromMilliseconds(merger.Pressure switch { < 2 => 2, < 4 => 10, _ => 100 }));
            mergeError = null;
            checkpointer.Add(2 * (merger.Written - before));
        }
        catch (Exception e)
        {
            MergeFailed(e);
        }
    }

    private void MergeFor(TaskCompletionSource asked)
    {
        try
        {
            merger.Want();
            while (merger.IsActive) merger.Step(TimeSpan.MaxValue);
            asked.SetResult();
        }
        catch (Exception e)
        {
            asked.SetException(MergeFailed(e));
        }
    }

    private void MergeAll()
    {
        try
        {
            Undo();
            merger.Want();
            while (merger.IsActive) merger.Step(TimeSpan.MaxValue);
            _ = database.Checkpoint();
        }
        catch (Exception e)
        {
            // The journal has everything; the next start merges it.
            _ = MergeFailed(e);
        }
    }

    private StorageException MergeFailed(Exception e)
    {
        Undo();
        tables.Forget();
        mergeFailed = Stopwatch.GetTimestamp();
        return mergeError = e as StorageException ?? new StorageException("The store's log could not be merged.", e);
    }

    private void Undo()
    {
        if (!database.InTransaction) return;
        tables.Forget();
        database.Rollback();
    }
}
