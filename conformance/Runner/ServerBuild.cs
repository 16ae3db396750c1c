namespace PresenceXml.Conformance.Runner;

/// <summary>Our own server as it was built.</summary>
internal static class ServerBuild
{
    private const string Program = "presencexml.dll";

    /// <summary>The server's projects, by their folders.</summary>
    private static readonly string[] Parts = ["Protocol", "Storage", "Server"];

    /// <summary>The newest build, whatever its configuration.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is older than the sources, for which it would pass in silence.</exception>
    public static string Find(string root)
    {
        var sources = Path.Combine(root, "src");
        var bin = Path.Combine(sources, "Server", "bin");
        var found = Directory.Exists(bin)
            ? Directory.EnumerateFiles(bin, Program, SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)
            : null;
        if (found is null)
            throw new InvalidOperationException("the server is not built: dotnet build src/Server");
        foreach (var folder in Parts)
        {
            var built = Path.Combine(Path.GetDirectoryName(found)!, folder == "Server" ? Program : $"PresenceXml.{folder}.dll");
            if (!File.Exists(built))
                continue; // a single file holds all of them
            var time = File.GetLastWriteTimeUtc(built);
            if (Sources(Path.Combine(sources, folder)).FirstOrDefault(file => File.GetLastWriteTimeUtc(file) > time) is { } younger)
                throw new InvalidOperationException($"the server is older than {Path.GetRelativePath(root, younger)}: dotnet build src/Server");
        }

        return found;
    }

    private static IEnumerable<string> Sources(string project) => Directory.EnumerateDirectories(project)
        .Where(static folder => Path.GetFileName(folder) is not ("bin" or "obj"))
        .SelectMany(static folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(project, "*.cs"));
}
