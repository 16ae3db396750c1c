using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PresenceXml.Storage.Sqlite;

/// <summary>One connection with its prepared statements; used by one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);

    private Database(string file, SqliteConnection connection)
    {
        File = file;
        this.connection = connection;
    }

    public string File { get; }

    public sqlite3 Handle => connection.Handle!;

    /// <summary>True between a begun transaction and its end.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <exception cref="StorageException">There is no such file (unless it may be made), or it cannot be opened.</exception>
    public static Database Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        var database = new Database(file, connection);
        try
        {
            connection.Open();
            database.Check(raw.sqlite3_busy_timeout(database.Handle, 5000));
            return database;
        }
        catch (SqliteException e)
        {
            database.Dispose();
            throw Describe(file, e.SqliteErrorCode, e.SqliteExtendedErrorCode, e.Message, e);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The prepared statement of this text, made at first use.</summary>
    public Statement this[string sql]
    {
        get
        {
            if (!statements.TryGetValue(sql, out var statement))
                statements.Add(sql, statement = new(this, sql));
            return statement;
        }
    }

    /// <summary>Runs statements that need no parameters and are not kept.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(Handle, sql));

    /// <summary>
    /// Begins a write transaction whose commit is forced to the disk (FULL), or left to the next one that is (NORMAL). Said each time, so
    /// that no failure in between can leave the wrong level behind.
    /// </summary>
    public void Begin(string synchronous) => Execute($"PRAGMA synchronous = {synchronous}; BEGIN IMMEDIATE");

    /// <summary>The first column of the first row of a statement that is not kept, as text.</summary>
    public string? Query(string sql)
    {
        using var statement = new Statement(this, sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>Undoes what a failed transaction left open; SQLite has undone most failures itself.</summary>
    public void Rollback()
    {
        if (InTransaction) Execute("ROLLBACK");
    }

    /// <summary>Reads the beginning of a blob without the rest of it; returns as much as there is.</summary>
    public ReadOnlySpan<byte> BlobStart(string table, string column, long row, Span<byte> into)
    {
        Check(raw.sqlite3_blob_open(Handle, "main", table, column, row, 0, out var blob));
        using (blob)
        {
            var read = into[..Math.Min(into.Length, raw.sqlite3_blob_bytes(blob))];
            if (!read.IsEmpty) Check(raw.sqlite3_blob_read(blob, read, 0));
            return read;
        }
    }

    /// <summary>Copies WAL pages into the database without waiting for anybody; returns how many pages are in the WAL and how many of them are copied.</summary>
    public (int Pages, int Copied) Checkpoint()
    {
        var result = raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var pages, out var copied);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY)) throw Error(result);
        return (pages, copied);
    }

    public void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)) throw Error(result);
    }

    public StorageException Error(int result) =>
        Describe(File, result & 0xff, raw.sqlite3_extended_errcode(Handle), raw.sqlite3_errmsg(Handle).utf8_to_string(), null);

    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        statements.Clear();
        connection.Dispose();
    }

    private static StorageException Describe(string file, int code, int extended, string detail, Exception? inner)
    {
        var what = code switch
        {
            raw.SQLITE_FULL => $"The disk is full, or the quota for {file} is used up. Free some space; the server goes on by itself.",
            raw.SQLITE_READONLY => $"{file} cannot be written. Give the server's user write access to the file and its directory.",
            raw.SQLITE_CANTOPEN => $"{file} cannot be opened. Check that the directory exists and that the server's user may read and write it.",
            raw.SQLITE_PERM or raw.SQLITE_AUTH => $"Access to {file} is denied. Give the server's user read and write access.",
            raw.SQLITE_CORRUPT => $"{file} is damaged. Stop the server and restore the last backup (presencexml restore FILE).",
            raw.SQLITE_NOTADB => $"{file} is not a store of this server. Move it away, or point dataDirectory elsewhere.",
            raw.SQLITE_IOERR => $"The disk failed while {file} was read or written. Check the disk and the system's log.",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"{file} is in use by another program. Close it.",
            _ => $"The store {file} failed.",
        };
        return new($"{what} (SQLite {extended}: {detail})", inner);
    }
}
