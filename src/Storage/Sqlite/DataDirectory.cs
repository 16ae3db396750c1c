using System.Globalization;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// A data directory that only this process uses: holds a lock on <c>presencexml.lock</c> (advisory <c>flock</c> on Unix, a share mode on
/// Windows), which ends with the process however it ends.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    public const string StoreName = "presencexml.db";
    private const string LockName = "presencexml.lock";

    // Beside the lock, because a locked file cannot be read by others on every system.
    private const string PidName = "presencexml.pid";

    // What a lock held by somebody else looks like: errno of flock, or the Windows error code.
    private const int WouldBlockLinux = 11, WouldBlockMac = 35, SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream guard;

    private DataDirectory(string path, FileStream guard)
    {
        Path = path;
        this.guard = guard;
    }

    public string Path { get; }

    public string StoreFile => System.IO.Path.Combine(Path, StoreName);

    /// <exception cref="StorageException">Another process has it, or it cannot be made or written.</exception>
    public static DataDirectory Lock(string directory, bool create)
    {
        var path = System.IO.Path.GetFullPath(directory);
        if (!create && !File.Exists(System.IO.Path.Combine(path, StoreName)))
            throw new StorageException($"There is no store in {path}.");
        try
        {
            Make(path);
            var guard = TryLock(System.IO.Path.Combine(path, LockName)) ?? throw InUse(path);
            var found = new DataDirectory(path, guard);
            try
            {
                WriteOwned(System.IO.Path.Combine(path, PidName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
                return found;
            }
            catch
            {
                found.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StorageException($"The data directory {path} cannot be written: {e.Message} Give the server's user write access, or point dataDirectory elsewhere.", e);
        }
    }

    /// <summary>Makes an empty file that only the owner may open, unless there is one; SQLite gives its companions the same mode.</summary>
    public static void CreateOwned(string file)
    {
        if (File.Exists(file)) return;
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var stream = new FileStream(file, options);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StorageException($"{file} cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Lets only the owner in (mode 0600); on Windows the directory's own access list decides.</summary>
    public static void Protect(string file)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(file))
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose()
    {
        var pid = System.IO.Path.Combine(Path, PidName);
        // The lock is what counts; the note goes first so that the next owner's is never taken away.
        if (File.Exists(pid)) File.Delete(pid);
        guard.Dispose();
    }

    private static FileStream? TryLock(string file)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new FileStream(file, options);
        }
        catch (IOException e) when (e.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation)
        {
            return null;
        }
    }

    private static StorageException InUse(string path)
    {
        var note = System.IO.Path.Combine(path, PidName);
        var pid = File.Exists(note) ? File.ReadAllText(note).Trim() : "";
        var who = pid.Length > 0 ? $"process {pid}" : "another process";
        return new($"The data directory {path} is in use by {who}. Stop it first; two servers cannot share one.");
    }

    private static void Make(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) _ = Directory.CreateDirectory(path);
        else _ = Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void WriteOwned(string file, string text)
    {
        File.WriteAllText(file, text);
        Protect(file);
    }
}
