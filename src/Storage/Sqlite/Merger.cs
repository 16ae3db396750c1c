using System.Diagnostics;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Moves the tails into chunks, on the writer's thread between commits, in steps of a few milliseconds. A cycle takes every log that
/// has a tail when it begins, then deletes the journal up to there. Each log notes the last record that is in its chunks, so a crash
/// between steps repeats nothing. Steps are not forced to the disk: the next commit does that, and until then the journal has it all.
/// </summary>
internal sealed class Merger(Database database, LogTails tails, KeyedTables tables, StorageSettings settings)
{
    private const int MaxRecords = 4096;

    private readonly ChunkWriter chunks = new(database, settings.ChunkBytes);
    private readonly Queue<LogKey> cycle = new();
    private long target;
    private bool deleting;
    private bool wanted;

    /// <summary>The last record in the journal.</summary>
    public long LastRecord { get; set; }

    /// <summary>Records in the journal.</summary>
    public long Records { get; set; }

    public long Written => chunks.Written;

    /// <summary>True while there is something to do.</summary>
    public bool IsActive => deleting || cycle.Count > 0 || wanted || tails.Bytes > settings.TailBytes || Records > MaxRecords;

    /// <summary>How far the tails have outgrown their bound: 1 is the bound.</summary>
    public double Pressure => (double)tails.Bytes / settings.TailBytes;

    /// <summary>Begins a cycle as soon as possible: something was deleted that the journal still has.</summary>
    public void Want() => wanted |= Records > 0;

    /// <summary>One transaction of merging, which ends when the time is used up.</summary>
    /// <exception cref="StorageException">It failed and was undone; nothing is lost, and the next step tries again.</exception>
    public void Step(TimeSpan budget)
    {
        if (!deleting && cycle.Count == 0) Begin();
        var start = Stopwatch.GetTimestamp();
        var merged = new List<LogKey>();
        long deleted = 0;
        try
        {
            settings.Fault?.Invoke(StorageStep.Merge);
            database.Begin(settings.Durable ? "NORMAL" : "OFF");
            while (cycle.Count > 0 && (merged.Count == 0 || Stopwatch.GetElapsedTime(start) < budget))
            {
                var key = cycle.Dequeue();
                merged.Add(key);
                Merge(key);
            }
            var ended = cycle.Count == 0 && DeleteRecords(start, budget, out deleted);
            settings.Fault?.Invoke(StorageStep.MergeCommit);
            tails.Change(() => database.Execute("COMMIT"), () => merged.ForEach(tails.Remove));
            Records -= deleted;
            deleting = cycle.Count == 0 && !ended;
        }
        catch
        {
            foreach (var key in merged) cycle.Enqueue(key);
            database.Rollback();
            throw;
        }
    }

    /// <summary>Puts entries that lie in chunks into another box, in the transaction that is open; those of the tail are the journal's business.</summary>
    public void Move(in StorageOperation operation)
    {
        if (tables.FindAccount(operation.Account) is { } account && Find(account, operation.Name) is (Log: { } log, _))
            chunks.Move(log, operation.Sequences!, operation.Key);
    }

    private void Begin()
    {
        wanted = false;
        target = LastRecord;
        lock (tails.Gate)
        {
            foreach (var key in tails.Keys) cycle.Enqueue(key);
        }
        deleting = cycle.Count == 0;
    }

    private void Merge(LogKey key)
    {
        LogTail.View tail;
        lock (tails.Gate)
        {
            // Deleted together with its account since the cycle began.
            if (!tails.TryView(key, out tail)) return;
        }
        var account = tables.FindAccount(key.Account);
        var (log, undelivered) = account is { } known ? Find(known, key.Log) : (null, UndeliveredSet.Read([]));
        // Marks on a log that is not there mark nothing.
        if (log is null && tail.Entries.IsEmpty) return;
        var id = log ?? Add(account ?? tables.AddAccount(key.Account), key.Log);
        if (tail.DeletedSequences.Count > 0) chunks.Delete(id, tail.DeletedSequences);
        chunks.Append(id, tail.Entries);
        database["UPDATE log SET merged = ?1, undelivered = ?2 WHERE id = ?3"].Bind(1, LastRecord).Bind(2, undelivered.With(tail).ToArray()).Bind(3, id).Run();
    }

    private (long? Log, UndeliveredSet Undelivered) Find(long account, string name)
    {
        var statement = database["SELECT id, undelivered FROM log WHERE account = ?1 AND name = ?2"].Bind(1, account).BindText(2, name);
        (long?, UndeliveredSet) found = statement.Step() ? (statement.Long(0), UndeliveredSet.Read(statement.Span(1))) : (null, UndeliveredSet.Read([]));
        statement.Reset();
        return found;
    }

    private long Add(long account, string name)
    {
        database["INSERT INTO log (account, name, merged, undelivered) VALUES (?1, ?2, 0, zeroblob(0))"].Bind(1, account).BindText(2, name).Run();
        return database["SELECT last_insert_rowid()"].Scalar()!.Value;
    }

    /// <summary>Deletes merged records one by one; true when none is left.</summary>
    private bool DeleteRecords(long start, TimeSpan budget, out long deleted)
    {
        deleted = 0;
        // Numbers of records never go back, for the logs' notes compare with them: the last one given outlives the records.
        database["INSERT OR REPLACE INTO meta (name, value) VALUES ('record', ?1)"].Bind(1, LastRecord).Run();
        do
        {
            if (database["SELECT min(id) FROM journal WHERE id <= ?1"].Bind(1, target).Scalar() is not { } record) return true;
            database["DELETE FROM journal WHERE id = ?1"].Bind(1, record).Run();
            deleted++;
        }
        while (Stopwatch.GetElapsedTime(start) < budget);
        return false;
    }
}
