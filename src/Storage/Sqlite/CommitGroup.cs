namespace PresenceXml.Storage.Sqlite;

/// <summary>Batches that become durable together; they share one task.</summary>
internal sealed class CommitGroup
{
    /// <summary>A group is closed at this size, so that a failure, a transaction and a journal record stay small.</summary>
    public const long FullBytes = 4 * 1024 * 1024;

    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<StorageBatch> Batches { get; } = [];

    public long Bytes { get; private set; }

    public Task Task => done.Task;

    public void Add(StorageBatch batch)
    {
        Batches.Add(batch);
        Bytes += batch.Bytes;
    }

    public void Succeed() => done.SetResult();

    public void Fail(StorageException error)
    {
        done.SetException(error);
        // Whoever did not keep the task learns of the failure by IsFailing.
        _ = done.Task.Exception;
    }
}
