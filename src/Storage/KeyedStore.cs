using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>One keyed collection, as modules get it: account → key → value. Emptied with the account.</summary>
public sealed class KeyedStore(StorageEngine engine, string collection)
{
    public StorageEngine Engine { get; } = engine;
    public string Collection { get; } = collection;

    /// <summary>The value of a key, or null.</summary>
    public ValueTask<ReadOnlyMemory<byte>?> GetAsync(Jid account, string key, CancellationToken cancel = default) =>
        Engine.GetAsync(Collection, account, key, cancel);

    /// <summary>Everything of an account, ascending by key.</summary>
    public ValueTask<IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>> ListAsync(Jid account, CancellationToken cancel = default) =>
        Engine.RangeAsync(Collection, account, cancel: cancel);

    /// <summary>Sets a key. Durable on return.</summary>
    public Task PutAsync(Jid account, string key, ReadOnlyMemory<byte> value, CancellationToken cancel = default) =>
        Engine.Commit(new StorageBatch().Put(Collection, account, key, value)).WaitAsync(cancel);

    /// <summary>Removes and sets keys as one change; what is in both is set. Durable on return. Cancelling stops the waiting, not the change.</summary>
    public Task ReplaceAsync(Jid account, IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> add, IEnumerable<string> remove, CancellationToken cancel = default)
    {
        var batch = new StorageBatch();
        foreach (var key in remove) batch.Delete(Collection, account, key);
        foreach (var (key, value) in add) batch.Put(Collection, account, key, value);
        return Engine.Commit(batch).WaitAsync(cancel);
    }
}
