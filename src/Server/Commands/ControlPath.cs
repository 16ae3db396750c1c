using System.Text;

namespace PresenceXml.Server.Commands;

/// <summary>
/// Where the control socket lies: in the folder <c>control</c> of the data directory, which only the owner can enter, so that the socket
/// is never open to others, not even between its making and a change of its mode. A socket's path is limited to about a hundred bytes;
/// where the data directory's is too long the socket lies in a private folder for temporary files, and <c>control/path</c> says where.
/// </summary>
internal static class ControlPath
{
    public const string FolderName = "control";

    /// <summary>sun_path holds 108 bytes on Linux, 104 on macOS and the BSDs, the final NUL included.</summary>
    private const int LongestPath = 103;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder and names the socket; a socket and a pointer that a dead process left are removed. The caller holds the data directory's lock.</summary>
    /// <exception cref="IOException">No folder with a short enough path can be made.</exception>
    public static string Prepare(string dataDirectory)
    {
        string folder = Path.Combine(dataDirectory, FolderName);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            // Also a check: only its owner may do this.
            File.SetUnixFileMode(folder, OwnerOnly);
        }
        Remove(dataDirectory);
        if (Fits(Direct(dataDirectory))) return Direct(dataDirectory);

        string pointed = Path.Combine(Directory.CreateTempSubdirectory("presencexml-").FullName, "socket");
        if (!Fits(pointed))
        {
            Directory.Delete(Path.GetDirectoryName(pointed)!);
            throw new IOException($"the paths of the data directory and of the folder for temporary files are too long for a socket: {pointed}");
        }
        File.WriteAllText(Pointer(dataDirectory), pointed);
        return pointed;
    }

    /// <summary>The socket of a server that runs or was killed; null when there is none.</summary>
    public static string? Find(string dataDirectory)
    {
        string socket = Pointed(dataDirectory) ?? Direct(dataDirectory);
        return File.Exists(socket) ? socket : null;
    }

    /// <summary>Removes socket and pointer.</summary>
    public static void Remove(string dataDirectory)
    {
        File.Delete(Direct(dataDirectory));
        if (Pointed(dataDirectory) is not { } socket) return;
        string folder = Path.GetDirectoryName(socket)!;
        // Whoever cleans the folder for temporary files may have been here first.
        if (Directory.Exists(folder))
        {
            File.Delete(socket);
            Directory.Delete(folder);
        }
        File.Delete(Pointer(dataDirectory));
    }

    private static string Direct(string dataDirectory) => Path.Combine(dataDirectory, FolderName, "socket");

    private static string? Pointed(string dataDirectory) => File.Exists(Pointer(dataDirectory)) ? File.ReadAllText(Pointer(dataDirectory)).Trim() : null;

    private static string Pointer(string dataDirectory) => Path.Combine(dataDirectory, FolderName, "path");

    private static bool Fits(string path) => Encoding.UTF8.GetByteCount(path) <= LongestPath;
}
