using System.Formats.Tar;
using System.IO.Compression;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>
/// An archive (tar, gzip) of the data directory: a consistent copy of the store and every other file, such as the self-signed certificate.
/// It holds keys and messages and so is readable for its owner alone.
/// </summary>
internal static class Backup
{
    /// <summary>The store's file, as the engine names it in the data directory and as it is called in the archive.</summary>
    public const string StoreName = "presencexml.db";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Writes the archive under another name first, so that a file of that name is a whole one.</summary>
    /// <exception cref="CommandRefusedException">The file exists or cannot be written.</exception>
    public static async Task CreateAsync(StorageEngine engine, string dataDirectory, string file, CancellationToken cancel)
    {
        if (File.Exists(file)) throw new CommandRefusedException($"{file} exists; name a new file");
        string parent = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (!Directory.Exists(parent)) throw new CommandRefusedException($"there is no folder {parent}");
        string work = Path.Combine(parent, $".{Path.GetFileName(file)}.{Guid.NewGuid():N}");
        try
        {
            MakeFolder(work);
            string store = Path.Combine(work, StoreName);
            await engine.BackupAsync(store, cancel);
            string archive = Path.Combine(work, "archive");
            await WriteAsync(archive, store, dataDirectory, cancel);
            File.Move(archive, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandRefusedException($"{file} cannot be written: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Unpacks an archive into a data directory that is empty or not there.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="dataDirectory">Where to.</param>
    /// <param name="open">Opens the store in a directory without making one, to see that it is whole before it takes its place.</param>
    /// <param name="cancel">Leaves nothing behind.</param>
    /// <exception cref="CommandRefusedException">The directory is not empty, or the file is no whole archive.</exception>
    public static async Task RestoreAsync(string file, string dataDirectory, Func<string, CancellationToken, Task<StorageEngine>> open, CancellationToken cancel)
    {
        if (!File.Exists(file)) throw new CommandRefusedException($"there is no file {file}");
        if (Directory.Exists(dataDirectory) && Directory.EnumerateFileSystemEntries(dataDirectory).Any())
            throw new CommandRefusedException($"the data directory {dataDirectory} is not empty; move it away first");
        string work = $"{dataDirectory.TrimEnd(Path.DirectorySeparatorChar)}.{Guid.NewGuid():N}";
        try
        {
            MakeFolder(work);
            await using (FileStream source = File.OpenRead(file))
            await using (var gzip = new GZipStream(source, CompressionMode.Decompress))
                await TarFile.ExtractToDirectoryAsync(gzip, work, overwriteFiles: false, cancel);
            if (!File.Exists(Path.Combine(work, StoreName))) throw new CommandRefusedException($"{file} is no backup: {StoreName} is not in it");
            await using (await open(work, cancel)) { }
            if (Directory.Exists(dataDirectory)) Directory.Delete(dataDirectory);
            Directory.Move(work, dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or StorageException)
        {
            throw new CommandRefusedException($"{file} cannot be restored: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        }
    }

    private static async Task WriteAsync(string archive, string store, string dataDirectory, CancellationToken cancel)
    {
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) create.UnixCreateMode = OwnerOnly;
        await using var target = new FileStream(archive, create);
        await using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(gzip))
        {
            await tar.WriteEntryAsync(store, StoreName, cancel);
            foreach (string other in Directory.EnumerateFiles(dataDirectory, "*", SearchOption.AllDirectories))
            {
                string name = Path.GetRelativePath(dataDirectory, other).Replace(Path.DirectorySeparatorChar, '/');
                if (!IsOfProcess(name)) await tar.WriteEntryAsync(other, name, cancel);
            }
        }
        target.Flush(flushToDisk: true);
    }

    /// <summary>The store itself (its copy is taken), and what belongs to the running process: its lock and its control socket.</summary>
    private static bool IsOfProcess(string name) =>
        name.StartsWith(StoreName, StringComparison.Ordinal) || name is "presencexml.lock" or "presencexml.pid" || name.StartsWith(ControlPath.FolderName + "/", StringComparison.Ordinal);

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnersFolder);
    }
}
