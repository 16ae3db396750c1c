using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Runner;

/// <summary>Which line of the checklist is covered by what.</summary>
internal sealed partial class Coverage
{
    private readonly IReadOnlyList<ChecklistLine> checklist;
    private readonly Dictionary<string, string> reasons;
    private readonly ILookup<string, string> plays;
    private readonly ILookup<string, string> tests;

    public Coverage(string root)
    {
        var folder = Path.Combine(root, "conformance");
        checklist = Checklist.Read(folder);
        reasons = Checklist.Table(Path.Combine(folder, "reasons.tsv")).ToDictionary(static fields => fields[0], static fields => fields[1]);
        var parsed = Repertoire.Read(folder);
        Checklist.Check(checklist, parsed);
        AllPlays = [.. parsed.Select(static play => play.Name)];
        NeededBy = parsed.SelectMany(static play => play.Needs, static (play, need) => (play, need)).ToLookup(static pair => pair.need, static pair => pair.play.Name);
        plays = parsed.SelectMany(static play => play.Ids, static (play, id) => (play, id)).ToLookup(static pair => pair.id, static pair => pair.play.Name);
        tests = TestIds(Path.Combine(root, "tests")).Distinct().ToLookup(static pair => pair.Id, static pair => pair.Test);
    }

    /// <summary>Ids that a reason names and the checklist does not have. Those of the plays <see cref="Checklist"/> has refused.</summary>
    public IReadOnlyList<string> Unknown => [.. reasons.Keys.Except(checklist.Select(static line => line.Id)).Order(StringComparer.Ordinal)];

    /// <summary>Lines with neither play, test nor reason.</summary>
    public IReadOnlyList<ChecklistLine> Open => [.. checklist.Where(line => !IsSettled(line))];

    public string Summary =>
        $"{checklist.Count} lines: {checklist.Count(line => Plays(line).Length > 0)} by plays, "
        + $"{checklist.Count(line => Plays(line).Length == 0 && Tests(line).Length > 0)} by unit tests only, "
        + $"{checklist.Count(line => Plays(line).Length == 0 && Tests(line).Length == 0 && reasons.ContainsKey(line.Id))} with a reason, "
        + $"{Open.Count} open";

    public IReadOnlyList<ChecklistLine> Lines => checklist;

    /// <summary>The names of all plays.</summary>
    public IReadOnlyList<string> AllPlays { get; }

    /// <summary>What plays need, and which plays need it.</summary>
    public ILookup<string, string> NeededBy { get; }

    public string[] Plays(ChecklistLine line) => Named(plays, line);

    public string[] Tests(ChecklistLine line) => Named(tests, line);

    public string? Reason(ChecklistLine line) => reasons.GetValueOrDefault(line.Id);

    private bool IsSettled(ChecklistLine line) => Plays(line).Length > 0 || Tests(line).Length > 0 || reasons.ContainsKey(line.Id);

    private static string[] Named(ILookup<string, string> where, ChecklistLine line) =>
        [.. line.See.Prepend(line.Id).SelectMany(id => where[id]).Distinct().Order(StringComparer.Ordinal)];

    // [Property("Spec", "S-02")], also with several ids in one string, and names such as S_02_the_header_is_answered.
    private static IEnumerable<(string Id, string Test)> TestIds(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                continue;
            var source = File.ReadAllText(file);
            var name = Path.GetFileNameWithoutExtension(file);
            foreach (Match match in PropertyPattern().Matches(source))
            {
                foreach (var id in match.Groups[1].Value.Split((char[])[',', ' '], StringSplitOptions.RemoveEmptyEntries))
                    yield return (id, name);
            }

            foreach (Match match in MethodPattern().Matches(source))
                yield return ($"{match.Groups[1].Value}-{match.Groups[2].Value}", name);
        }
    }

    [GeneratedRegex(@"Property\(""Spec"",\s*""([^""]+)""\)")]
    private static partial Regex PropertyPattern();

    [GeneratedRegex(@"\b(?:void|Task|ValueTask|bool|Property)\s+(?:\w+_)?([A-Z]{1,2})_?(\d\d)_\w*\(")]
    private static partial Regex MethodPattern();
}
