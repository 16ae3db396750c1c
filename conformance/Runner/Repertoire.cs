namespace PresenceXml.Conformance.Runner;

/// <summary>All plays: those that any server can perform, and those about our own extensions and choices.</summary>
public static class Repertoire
{
    /// <summary>What a play about our own extensions and choices has to need.</summary>
    public const string OwnNeeds = "urn:x-presencexml:";

    private const string Own = "presencexml";
    private static readonly string[] Folders = ["scripts", Own];

    /// <summary>Reads the plays of both folders, in the order of their names.</summary>
    /// <param name="conformance">The folder that has them.</param>
    /// <exception cref="PlaySyntaxException">A play breaks the format, a name is there twice, or an own play does not need what it tests.</exception>
    public static IReadOnlyList<Play> Read(string conformance)
    {
        var found = Folders.SelectMany(folder => PlayParser.ParseFolder(Path.Combine(conformance, folder)), static (folder, play) => (folder, play)).ToArray();
        if (found.GroupBy(static pair => pair.play.Name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice)
            throw new PlaySyntaxException(twice.Key, 1, $"there are two plays of this name: in {string.Join(" and in ", twice.Select(static pair => pair.folder))}");
        if (found.FirstOrDefault(static pair => pair.folder == Own && !IsOwn(pair.play)).play is { } free)
            throw new PlaySyntaxException(free.Name, 1, $"a play in {Own}/ needs what it tests: '# needs: {OwnNeeds}…'");
        if (found.FirstOrDefault(static pair => pair.folder != Own && IsOwn(pair.play)).play is { } own)
            throw new PlaySyntaxException(own.Name, 1, $"a play that needs {OwnNeeds}… belongs into {Own}/");
        return [.. found.Select(static pair => pair.play).OrderBy(static play => play.Name, StringComparer.Ordinal)];
    }

    private static bool IsOwn(Play play) => play.Needs.Any(static need => need.StartsWith(OwnNeeds, StringComparison.Ordinal));
}
