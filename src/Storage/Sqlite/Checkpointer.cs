using Microsoft.Data.Sqlite;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Copies the WAL into the database on a thread and connection of its own, so that no commit waits for it. Only when the WAL grows
/// faster than that is the writer asked to let it be copied to its end.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>64 MB of a new store's pages.</summary>
    private const int LargePages = 64 * 1024 * 1024 / Schema.PageBytes;

    private const long KickBytes = 4 * 1024 * 1024;

    private readonly Database database;
    private readonly object kickLock = new();
    private readonly Thread thread;
    private long written;
    private bool closing;
    private volatile bool wantsWriter;

    public Checkpointer(string file)
    {
        database = Database.Open(file, SqliteOpenMode.ReadWrite);
        // Only macOS knows the difference between written and on the disk.
        database.Execute("PRAGMA checkpoint_fullfsync = ON");
        // A connection that has read nothing does not know yet that there is a WAL, and would copy nothing.
        _ = database.Query("SELECT count(*) FROM meta");
        thread = new(Run) { IsBackground = true, Name = "Store checkpoint" };
        thread.Start();
    }

    /// <summary>True when the writer should copy the rest itself between two commits, so that the WAL begins anew.</summary>
    public bool WantsWriter => wantsWriter;

    /// <summary>The writer wrote about so many bytes.</summary>
    public void Add(long bytes)
    {
        lock (kickLock)
        {
            written += bytes;
            if (written >= KickBytes) Monitor.Pulse(kickLock);
        }
    }

    /// <summary>The writer has done what <see cref="WantsWriter"/> asked for.</summary>
    public void WriterDone() => wantsWriter = false;

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
                if (database.Checkpoint().Pages >= LargePages) wantsWriter = true;
            }
            catch (StorageException)
            {
                // The WAL has everything; whatever is wrong will fail the commits too, and they report it.
                wantsWriter = true;
            }
        }
    }
}
