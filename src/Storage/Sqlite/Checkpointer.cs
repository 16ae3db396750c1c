using Microsoft.Data.Sqlite;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Copies the WAL into the database on a thread and connection of its own, so that no commit waits for it. Only when the WAL grows
/// faster than that does the writer wait, and copy the rest: only between two commits can the WAL begin anew.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private const long LargeBytes = 64 * 1024 * 1024;

    private const long KickBytes = 4 * 1024 * 1024;

    private readonly Database database;
    private readonly StorageSettings settings;
    private readonly Lock copying = new();
    private readonly object kickLock = new();
    private readonly Thread thread;
    private long written;
    private long size;
    private long finishAt = LargeBytes;
    private bool closing;

    public Checkpointer(string file, StorageSettings settings)
    {
        this.settings = settings;
        database = Database.Open(file, SqliteOpenMode.ReadWrite);
        // Only macOS knows the difference between written and on the disk.
        database.Execute("PRAGMA checkpoint_fullfsync = ON");
        // A connection that has read nothing does not know yet that there is a WAL, and would copy nothing.
        _ = database.Query("SELECT count(*) FROM meta");
        thread = new(Run) { IsBackground = true, Name = "Store checkpoint" };
        thread.Start();
    }

    /// <summary>The writer wrote about so many bytes.</summary>
    public void Add(long bytes)
    {
        lock (kickLock)
        {
            written += bytes;
            size += bytes;
            if (written >= KickBytes) Monitor.Pulse(kickLock);
        }
    }

    /// <summary>On the writer's thread, between two commits: does nothing while the WAL is small; then waits for the copy under way and copies the rest.</summary>
    /// <param name="writer">Its connection.</param>
    /// <exception cref="StorageException">It cannot be copied; it is tried again when the WAL has grown further.</exception>
    public void FinishIfLarge(Database writer)
    {
        lock (kickLock)
        {
            if (size < finishAt) return;
            // Where somebody reads for long the end cannot be copied, and not each commit shall try.
            finishAt = size + (LargeBytes / 4);
        }
        lock (copying)
        {
            var (pages, copied) = writer.Checkpoint();
            if (copied < pages) return;
        }
        lock (kickLock)
        {
            size = written = 0;
            finishAt = LargeBytes;
        }
    }

    public void Dispose()
    {
        lock (kickLock)
        {
            closing = true;
            Monitor.Pulse(kickLock);
        }
        thread.Join();
        database.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            lock (kickLock)
            {
                while (written < KickBytes && !closing) Monitor.Wait(kickLock);
                if (closing) return;
                written = 0;
            }
            try
            {
                lock (copying)
                {
                    settings.Fault?.Invoke(StorageStep.Checkpoint);
                    Measured(database.Checkpoint().Pages);
                }
            }
            catch (StorageException)
            {
                // The WAL has everything; whatever is wrong will fail the commits too, and they report it.
            }
        }
    }

    /// <summary>What the writer reckons with is near, not exact: other pages than those of its rows are written too.</summary>
    private void Measured(long pages)
    {
        lock (kickLock) size = (pages * Schema.PageBytes) + written;
    }
}
