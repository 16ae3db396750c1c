using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace PresenceXml.Storage.Sqlite;

/// <summary>A few read connections, made when needed. A read runs on the thread pool, never on its caller's thread.</summary>
internal sealed class ReaderPool(string file, int size) : IAsyncDisposable
{
    private readonly SemaphoreSlim free = new(size, size);
    private readonly ConcurrentStack<Database> idle = new();
    private volatile bool isClosed;

    /// <summary>Runs a read; a damaged, unreadable or closed store is a <see cref="StorageException"/>.</summary>
    public async ValueTask<T> ReadAsync<TState, T>(TState state, Func<Database, TState, T> read, CancellationToken cancel)
    {
        await free.WaitAsync(cancel);
        try
        {
            if (isClosed) throw new StorageException("The store is closed.");
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (!idle.TryPop(out var database)) database = Open();
            try
            {
                var result = read(database, state);
                database.Rollback();
                idle.Push(database);
                return result;
            }
            catch
            {
                // A statement left in its middle would hold an old snapshot of the store for ever.
                database.Dispose();
                throw;
            }
        }
        finally
        {
            free.Release();
        }
    }

    /// <summary>Ends when the reads under way have ended. Those that come later fail.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < size; i++) await free.WaitAsync();
        isClosed = true;
        while (idle.TryPop(out var database)) database.Dispose();
        free.Release(size);
    }

    private Database Open()
    {
        var database = Database.Open(file, SqliteOpenMode.ReadOnly);
        database.Execute("PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY");
        return database;
    }
}
