namespace PresenceXml.Conformance.Runner;

/// <summary>What a server is known to do differently: lines "play | step | verdict | rule: why".</summary>
public sealed class Profile
{
    public static readonly Profile None = new("none", []);
    private readonly ILookup<string, Difference> byPlay;

    private Profile(string name, IReadOnlyList<Difference> differences)
    {
        (Name, Differences) = (name, differences);
        byPlay = differences.ToLookup(static difference => difference.Play, StringComparer.Ordinal);
    }

    public string Name { get; }

    public IReadOnlyList<Difference> Differences { get; }

    /// <summary>The lines about a play: none, when it is to pass.</summary>
    public IEnumerable<Difference> About(Play play) => byPlay[play.Name];

    /// <summary>What the end of a play means, held against the lines about it.</summary>
    /// <param name="failure">Null when all went as written.</param>
    public PlayResult Judge(Play play, Failure? failure, TimeSpan time)
    {
        var lines = About(play).ToArray();
        if (failure is null)
            return new(play, Outcome.Passed, null, lines is [var stale, ..] ? $"passes, though the profile says: {stale}" : null, time);
        if (Array.Find(lines, line => line.Covers(play, failure)) is { } known)
            return new(play, Outcome.Known, failure, known.ToString(), time);
        var elsewhere = lines.Length == 0 ? null : $"the profile knows it to fail at {string.Join(" or at ", lines.Select(static line => $"'{line.Step}'"))}, not here";
        return new(play, Outcome.Failed, failure, elsewhere, time);
    }

    /// <summary>Reads <c>profiles/NAME.txt</c>.</summary>
    /// <exception cref="FormatException">There is no such profile, or a line of it cannot be understood.</exception>
    public static Profile Read(string folder, string name)
    {
        var file = Path.Combine(folder, name + ".txt");
        if (File.Exists(file))
            return Parse(name, File.ReadAllText(file));
        var known = Directory.EnumerateFiles(folder, "*.txt").Select(static found => Path.GetFileNameWithoutExtension(found)).Order(StringComparer.Ordinal);
        throw new FormatException($"there is no profile '{name}'; there are: {string.Join(", ", known)}");
    }

    /// <exception cref="FormatException">A line cannot be understood.</exception>
    public static Profile Parse(string name, string text)
    {
        var differences = new List<Difference>();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]) || lines[i][0] == '#')
                continue;
            if (lines[i].Split(" | ", StringSplitOptions.TrimEntries) is not [{ Length: > 0 } play, { Length: > 0 } step, var word, var reason])
                throw Wrong(name, i + 1, "expected 'play | piece of the failing step | verdict | rule: why'");
            if (Verdicts.Parse(word) is not { } verdict)
                throw Wrong(name, i + 1, $"'{word}' is no verdict; there are: {Verdicts.List}");
            if (reason.Split(": ", 2) is not [{ Length: > 0 } rule, { Length: > 0 } why])
                throw Wrong(name, i + 1, "the last part is 'RFC section: why'");
            differences.Add(new(i + 1, play, step, verdict, rule, why));
        }

        return new(name, differences);
    }

    /// <summary>Holds every line against the plays.</summary>
    /// <exception cref="FormatException">A line names no play, or not one step of it.</exception>
    public void Check(IReadOnlyList<Play> plays)
    {
        var named = plays.ToDictionary(static play => play.Name, StringComparer.Ordinal);
        foreach (var difference in Differences)
        {
            var problem = named.TryGetValue(difference.Play, out var play) ? difference.Problem(play) : $"there is no play {difference.Play}";
            if (problem is not null)
                throw Wrong(Name, difference.Line, problem);
        }
    }

    private static FormatException Wrong(string name, int line, string problem) => new($"profiles/{name}.txt:{line}: {problem}");
}
