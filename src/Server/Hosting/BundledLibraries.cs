using System.Reflection;
using System.Runtime.InteropServices;

namespace PresenceXml.Server.Hosting;

/// <summary>
/// The native libraries that a published single file carries as resources (see the PublishSingleFile targets of the project). The
/// host's own extraction needs a writable HOME, which a service often lacks; this needs one writable folder for a moment, and
/// leaves nothing behind where a loaded file may be deleted.
/// </summary>
internal static class BundledLibraries
{
    private const string Prefix = "native/";

    /// <summary>Makes SQLite loadable. Without effect where the library lies beside the program, as in every build that is not a single file.</summary>
    public static void Register()
    {
        string[] names = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))];
        if (names.Length == 0) return;
        var loaded = new Dictionary<string, Lazy<nint>>();
        foreach (string name in names)
            loaded[Path.GetFileNameWithoutExtension(name)] = new Lazy<nint>(() => Load(name));
        NativeLibrary.SetDllImportResolver(Assembly.Load("SQLitePCLRaw.provider.e_sqlite3"), (library, _, _) =>
            loaded.TryGetValue(library, out Lazy<nint>? handle) || loaded.TryGetValue("lib" + library, out handle) ? handle.Value : 0);
    }

    private static nint Load(string resource)
    {
        Exception? last = null;
        foreach (string parent in new[] { Path.GetTempPath(), AppContext.BaseDirectory, Environment.CurrentDirectory })
        {
            string folder = Path.Combine(parent, ".presencexml-" + Guid.NewGuid().ToString("N"));
            try
            {
                return LoadFrom(folder, resource);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                last = e;   // read-only or noexec: the next folder
            }
        }
        throw new DllNotFoundException($"{resource} could not be unpacked: the temporary folder, the program's folder and the working directory all refuse it. Set TMPDIR to a folder that can be written and executed from.", last);
    }

    private static nint LoadFrom(string folder, string resource)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            string file = Path.Combine(folder, Path.GetFileName(resource));
            using (Stream from = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!)
            using (FileStream to = File.Create(file))
                from.CopyTo(to);
            return NativeLibrary.Load(file);
        }
        finally
        {
            // Windows keeps a loaded library's file; it lies in the temporary folder and is that system's to clean.
            if (!OperatingSystem.IsWindows()) Directory.Delete(folder, recursive: true);
        }
    }
}
