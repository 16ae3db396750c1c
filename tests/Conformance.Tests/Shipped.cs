namespace PresenceXml.Conformance.Tests;

/// <summary>Where the suite's own files are in the source tree.</summary>
internal static class Shipped
{
    public static string Conformance { get; } = Find();

    public static string Profiles => Path.Combine(Conformance, "profiles");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.Combine(folder.FullName, "conformance");
            if (Directory.Exists(Path.Combine(found, "scripts")))
                return found;
        }

        throw new InvalidOperationException("conformance/scripts is not above the tests");
    }
}
