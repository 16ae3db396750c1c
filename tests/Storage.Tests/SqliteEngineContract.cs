using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Tests;

/// <summary>The SQLite engine, with chunks so small that every test crosses several.</summary>
[TestFixture]
public sealed class SqliteEngineContract : LogMarkContract
{
    private static readonly StorageSettings Small = new() { Durable = false, ChunkBytes = 300 };

    private TestFolder folder = null!;

    // A derived class's teardown comes first, and the store is closed by the base's.
    protected override void Cleaned() => folder.Dispose();

    protected override async Task<StorageEngine> OpenNewAsync()
    {
        folder = new();
        return await SqliteEngine.OpenAsync(folder.Path, Small);
    }

    protected override async Task<StorageEngine> ReopenAsync(StorageEngine engine)
    {
        await engine.DisposeAsync();
        return await SqliteEngine.OpenAsync(folder.Path, Small);
    }

    protected override Task SettleAsync(StorageEngine engine) => ((SqliteEngine)engine).MergeAsync();

    protected override async Task<bool> HasTraceAsync(StorageEngine engine, string text)
    {
        // A backup has the tables as they are and no free pages.
        var copy = folder.File($"copy{Guid.NewGuid():N}.db");
        await engine.BackupAsync(copy);
        var bytes = await File.ReadAllBytesAsync(copy);
        return bytes.AsSpan().IndexOf(Bytes(text).Span) >= 0;
    }
}
