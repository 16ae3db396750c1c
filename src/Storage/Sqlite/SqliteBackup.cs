using Microsoft.Data.Sqlite;

namespace PresenceXml.Storage.Sqlite;

/// <summary>Copies a store out while it is used, and back into an empty data directory.</summary>
internal static class SqliteBackup
{
    /// <summary>Writes one file with the state of one moment; it has its name only once it is whole and on the disk.</summary>
    public static void Write(Database database, string file)
    {
        var target = Path.GetFullPath(file);
        var partial = target + ".partial";
        try
        {
            if (File.Exists(target)) throw new StorageException($"{target} exists already. Name a new file, or remove it first.");
            File.Delete(partial);
            DataDirectory.CreateOwned(partial);
            // A copy without free pages: what was deleted is not in it.
            database["VACUUM INTO ?1"].BindText(1, partial).Run();
            Sync(partial);
            File.Move(partial, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The backup {target} cannot be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Makes a backup the store of a data directory that has none.</summary>
    public static void Restore(string file, string dataDirectory)
    {
        var source = Path.GetFullPath(file);
        if (!File.Exists(source)) throw new StorageException($"There is no backup {source}.");
        using var directory = DataDirectory.Lock(dataDirectory, create: true);
        if (File.Exists(directory.StoreFile))
            throw new StorageException($"{directory.Path} has a store already. Restore into an empty data directory, or move {DataDirectory.StoreName} away.");
        var partial = directory.StoreFile + ".partial";
        try
        {
            File.Delete(partial);
            DataDirectory.CreateOwned(partial);
            using (var from = File.OpenRead(source))
            using (var to = new FileStream(partial, FileMode.Open, FileAccess.Write))
                from.CopyTo(to);
            using (var database = Database.Open(partial, SqliteOpenMode.ReadWrite))
            {
                Verify(database, source);
                database.Execute("BEGIN IMMEDIATE");
                SequenceCounter.Skip(database);
                Schema.Reincarnate(database);
                database.Execute("COMMIT");
            }
            Sync(partial);
            File.Move(partial, directory.StoreFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The backup {source} cannot be restored into {directory.Path}: {e.Message}", e);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Verify(Database database, string source)
    {
        try
        {
            Schema.Verify(database);
            if (database.Query("PRAGMA integrity_check") is { } found && found != "ok")
                throw new StorageException($"{source} is damaged: {found}");
        }
        catch (StorageException e)
        {
            throw new StorageException($"{source} is not a whole backup of a store this server can read. {e.Message}", e);
        }
    }

    private static void Sync(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }
}
