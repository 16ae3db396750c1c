using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Runner;

/// <summary>Reads <c>checklist.tsv</c>, and holds the plays against it.</summary>
internal static partial class Checklist
{
    /// <param name="folder">The folder that has the file.</param>
    public static IReadOnlyList<ChecklistLine> Read(string folder) =>
    [
        .. Table(Path.Combine(folder, "checklist.tsv"))
            .Select(static fields => new ChecklistLine(fields[0], fields[1], fields[2], fields[3], [.. IdPattern().Matches(fields[4]).Select(static match => match.Value)])),
    ];

    /// <summary>The lines of a tab-separated file without its comments.</summary>
    public static IEnumerable<string[]> Table(string file) =>
        File.ReadLines(file).Where(static line => line.Length > 0 && line[0] != '#').Select(static line => line.Split('\t'));

    /// <exception cref="PlaySyntaxException">A play names an id that is not there: it would cover nothing.</exception>
    public static void Check(IReadOnlyList<ChecklistLine> checklist, IReadOnlyList<Play> plays)
    {
        var known = checklist.Select(static line => line.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var play in plays)
        {
            if (play.Ids.FirstOrDefault(id => !known.Contains(id)) is { } unknown)
                throw new PlaySyntaxException(play.Name, 2, $"checklist.tsv has no line {unknown}");
        }
    }

    [GeneratedRegex(@"\b[A-Z]{1,2}-\d+\b")]
    private static partial Regex IdPattern();
}
