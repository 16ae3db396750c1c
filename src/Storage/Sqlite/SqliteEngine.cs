using System.Buffers.Text;
using Microsoft.Data.Sqlite;
using PresenceXml.Protocol;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// The default engine: one SQLite file in WAL mode, one writer that commits in groups with <c>synchronous=FULL</c>, readers with
/// connections of their own. docs/adr/0003 says how logs lie in it and docs/adr/0004 why it is the default.
/// </summary>
public sealed class SqliteEngine : StorageEngine
{
    private readonly StorageSettings settings;
    private readonly DataDirectory directory;
    private readonly Database database;
    private readonly LogTails tails = new();
    private readonly SequenceCounter sequences;
    private readonly Checkpointer checkpointer;
    private readonly StoreWriter writer;
    private readonly ReaderPool readers;
    private readonly byte[] secret;
    private readonly Lazy<Task> closing;

    private SqliteEngine(DataDirectory directory, Database database, StorageSettings settings)
    {
        this.directory = directory;
        this.database = database;
        this.settings = settings;
        database.Execute($"""
            PRAGMA page_size = {Schema.PageBytes}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;
            PRAGMA synchronous = {(settings.Durable ? "FULL" : "OFF")}; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
            PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
            """);
        Schema.Apply(database);
        if (settings.MaxPages > 0) database.Execute($"PRAGMA max_page_count = {settings.MaxPages}");
        database.Execute("BEGIN IMMEDIATE");
        sequences = new(database);
        database.Execute("COMMIT");
        secret = Meta("secret") ?? throw new StorageException($"{database.File} has no secret: it is damaged. Restore the last backup (presencexml restore FILE).");
        Incarnation = Base64Url.EncodeToString(Meta("incarnation") ?? []);
        var (lastRecord, records) = Replay();
        readers = new(database.File, settings.Readers);
        checkpointer = new(database.File, settings);
        writer = new(database, tails, sequences, checkpointer, settings, lastRecord, records);
        closing = new(CloseAsync);
    }

    public override bool IsFailing => writer.IsFailing;

    public override ReadOnlyMemory<byte> Secret => secret;

    public override string Incarnation { get; }

    /// <summary>The directory it lives in.</summary>
    public string DataDirectory => directory.Path;

    /// <summary>Opens the store of a data directory, making both when they are not there; keeps the directory for this process until it is disposed.</summary>
    /// <exception cref="StorageException">Another process uses the directory; it cannot be read or written; the store is damaged or of a newer version.</exception>
    public static async Task<SqliteEngine> OpenAsync(string dataDirectory, StorageSettings? settings = null)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        settings ??= new();
        var directory = Sqlite.DataDirectory.Lock(dataDirectory, settings.Create);
        Database? database = null;
        try
        {
            Sqlite.DataDirectory.CreateOwned(directory.StoreFile);
            database = Database.Open(directory.StoreFile, SqliteOpenMode.ReadWrite);
            return new(directory, database, settings);
        }
        catch
        {
            database?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>A store in a new folder that is removed when it is disposed, not forced to the disk: for tests.</summary>
    public static Task<SqliteEngine> OpenTemporaryAsync(StorageSettings? settings = null) =>
        OpenAsync(Directory.CreateTempSubdirectory("presencexml-").FullName, (settings ?? new()) with { Temporary = true, Durable = false });

    /// <summary>Puts a backup into a data directory that has no store.</summary>
    /// <exception cref="StorageException">The backup is damaged, of a newer version or not one; the directory has a store, is in use or cannot be written.</exception>
    public static async Task RestoreAsync(string file, string dataDirectory)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        SqliteBackup.Restore(file, dataDirectory);
    }

    public override long NextSequence() => sequences.Next();

    public override Task Commit(StorageBatch batch) => writer.Enqueue(batch);

    public override ValueTask<ReadOnlyMemory<byte>?> GetAsync(string collection, Jid account, string key, CancellationToken cancel = default) =>
        readers.ReadAsync((collection, account, key), static (database, ask) => KeyedReader.Get(database, ask.collection, ask.account, ask.key), cancel);

    public override ValueTask<IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>>> RangeAsync(string collection, Jid account, string? from = null, string? to = null, int limit = int.MaxValue, CancellationToken cancel = default) =>
        readers.ReadAsync((collection, account, from, to, limit), static (database, ask) => KeyedReader.Range(database, ask.collection, ask.account, ask.from, ask.to, ask.limit), cancel);

    public override ValueTask<IReadOnlyList<Jid>> ListAccountsAsync(string collection, string domain, Jid? after, int limit, CancellationToken cancel = default) =>
        readers.ReadAsync((collection, domain, after, limit), static (database, ask) => KeyedReader.List(database, ask.collection, ask.domain, ask.after, ask.limit), cancel);

    public override ValueTask<IReadOnlyList<Jid>> FindAccountsAsync(string collection, string key, CancellationToken cancel = default) =>
        SearchableCollections.Contains(collection)
            ? readers.ReadAsync((collection, key), static (database, ask) => KeyedReader.Find(database, ask.collection, ask.key), cancel)
            : throw new ArgumentException($"The collection {collection} cannot be searched by key.", nameof(collection));

    public override ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(string log, Jid account, LogQuery query, CancellationToken cancel = default) =>
        readers.ReadAsync((tails, key: new LogKey(account, log), query), static (database, ask) => new LogReader(database, ask.tails, ask.key).Read(ask.query), cancel);

    public override ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(string log, Jid account, IReadOnlyList<long> sequences, CancellationToken cancel = default)
    {
        var key = new LogKey(account, log);
        return TryReadTail(key, sequences) is { } found
            ? new(found)
            : readers.ReadAsync((tails, key, sequences), static (database, ask) => new LogReader(database, ask.tails, ask.key).Read(ask.sequences), cancel);
    }

    public override async ValueTask VisitLogAsync(string log, Jid account, LogVisitor visit, CancellationToken cancel = default) =>
        _ = await readers.ReadAsync((tails, key: new LogKey(account, log), visit, cancel), static (database, ask) => new LogReader(database, ask.tails, ask.key).Visit(ask.visit, ask.cancel), cancel);

    public override ValueTask<IReadOnlyList<UndeliveredEntry>> ReadUndeliveredAsync(string log, Jid account, CancellationToken cancel = default) =>
        readers.ReadAsync((tails, key: new LogKey(account, log)), static (database, ask) => new LogReader(database, ask.tails, ask.key).Undelivered(), cancel);

    public override ValueTask<bool> HasPlaceAsync(string log, Jid account, long sequence, CancellationToken cancel = default) =>
        readers.ReadAsync((tails, key: new LogKey(account, log), sequence), static (database, ask) => new LogReader(database, ask.tails, ask.key).HasPlace(ask.sequence), cancel);

    public override ValueTask<LogMark?> FindMarkAsync(string log, Jid account, long handle, CancellationToken cancel = default) =>
        readers.ReadAsync((tails, key: new LogKey(account, log), handle), static (database, ask) => new LogReader(database, ask.tails, ask.key).FindMark(ask.handle), cancel);

    public override async Task BackupAsync(string file, CancellationToken cancel = default)
    {
        await Commit(new StorageBatch());
        _ = await readers.ReadAsync(file, static (database, target) =>
        {
            SqliteBackup.Write(database, target);
            return true;
        }, cancel);
    }

    public override ValueTask DisposeAsync() => new(closing.Value);

    /// <summary>Merges all that is committed by now into chunks; done by itself when there is enough.</summary>
    internal Task MergeAsync() => writer.MergeAsync();

    /// <summary>Memory of what is not merged, in bytes.</summary>
    internal long TailBytes
    {
        get
        {
            lock (tails.Gate) return tails.Bytes;
        }
    }

    private async Task CloseAsync()
    {
        await writer.CloseAsync();
        await readers.DisposeAsync();
        checkpointer.Dispose();
        database.Dispose();
        directory.Dispose();
        if (settings.Temporary) Directory.Delete(directory.Path, recursive: true);
    }

    /// <summary>What waits in memory needs no database; null when some of it does not.</summary>
    private List<LogEntry>? TryReadTail(LogKey key, IReadOnlyList<long> asked)
    {
        LogTail.View tail;
        lock (tails.Gate)
        {
            if (!tails.TryView(key, out tail)) return null;
        }
        var found = new List<LogEntry>(asked.Count);
        foreach (var sequence in asked)
        {
            if (!tail.TryFind(sequence, out var entry)) return null;
            if (!entry.Deleted) found.Add(entry.ToLogEntry(entry.Undelivered));
        }
        return found;
    }

    /// <summary>Brings back the tails from the journal. Returns the last number of a record, and how many there are.</summary>
    private (long LastRecord, long Records) Replay()
    {
        long last = Meta("record") is { } text ? long.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0, records = 0;
        var merged = new Dictionary<LogKey, long>();
        var journal = database["SELECT id, record FROM journal ORDER BY id"];
        while (journal.Step())
        {
            var record = journal.Long(0);
            JournalRecord.Replay(journal.Blob(1), tails, key => Merged(key) >= record);
            (last, records) = (Math.Max(last, record), records + 1);
        }
        journal.Reset();
        return (last, records);

        long Merged(LogKey key)
        {
            if (merged.TryGetValue(key, out var known)) return known;
            known = database["SELECT log.merged FROM account CROSS JOIN log ON log.account = account.id AND log.name = ?2 WHERE account.jid = ?1"]
                .BindText(1, key.Account.Utf8).BindText(2, key.Log).Scalar() ?? 0;
            merged.Add(key, known);
            return known;
        }
    }

    private byte[]? Meta(string name)
    {
        var statement = database["SELECT value FROM meta WHERE name = ?1"].BindText(1, name);
        var value = statement.Step() ? statement.Blob(0) : null;
        statement.Reset();
        return value;
    }
}
