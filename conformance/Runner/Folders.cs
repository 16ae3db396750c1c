namespace PresenceXml.Conformance.Runner;

/// <summary>Where things are in the source tree.</summary>
internal static class Folders
{
    public static string Root { get; } = FindRoot();
    public static string Conformance => Path.Combine(Root, "conformance");
    public static string Page => Path.Combine(Root, "docs", "conformance.md");
    public static string Profiles => Path.Combine(Conformance, "profiles");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PresenceXml.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("the suite runs from its source tree, which was not found above the program");
    }
}
