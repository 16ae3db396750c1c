namespace PresenceXml.Conformance.Runner;

/// <summary>Builds <c>docs/conformance.md</c> from the checklist, the plays, the tests, the committed results and the profiles.</summary>
internal static class CoverageCommand
{
    private static readonly string[] Servers = ["PresenceXml", "Prosody", "ejabberd"];

    /// <param name="page">Where the page goes.</param>
    /// <returns>
    /// 0; 1 when a line of the checklist has neither play, test nor reason, when an id is unknown, when no server offers what a play needs,
    /// or when results are not those of the plays that there are.
    /// </returns>
    public static int Run(string root, string page, TextWriter output)
    {
        var coverage = new Coverage(root);
        var problems = new List<string>();
        problems.AddRange(coverage.Open.Select(static line => $"open: {line.Id}: {line.Rule}"));
        problems.AddRange(coverage.Unknown.Select(static id => $"not in the checklist: {id}"));
        var servers = new List<TestedServer>();
        foreach (var name in Servers)
        {
            if (Read(Path.Combine(root, "conformance"), name) is { } server)
            {
                servers.Add(server);
                problems.AddRange(Outdated(server, coverage.AllPlays));
            }
            else
            {
                problems.Add($"{Results(name)} is missing: {HowToRun(name)}");
            }
        }

        problems.AddRange(coverage.NeededBy.Where(plays => servers.Count == Servers.Length && !IsMet(plays, servers))
            .Select(static plays => $"no server on record offers '{plays.Key}', which {List([.. plays])} needs: is it spelt so?"));
        File.WriteAllText(page, new ConformancePage(coverage, servers).Markdown());
        foreach (var problem in problems)
            output.WriteLine(problem);
        foreach (var server in servers)
        {
            foreach (var line in server.Stale)
                output.WriteLine($"profiles/{server.Profile.Name}.txt:{line.Line}: {line.Play} passed in the run on record");
        }

        output.WriteLine(coverage.Summary);
        return problems.Count > 0 ? 1 : 0;
    }

    /// <summary>Whether a play that has this need was performed anywhere: a need that is spelt wrongly is met nowhere, and its plays never fail.</summary>
    private static bool IsMet(IEnumerable<string> plays, List<TestedServer> servers) =>
        plays.Any(play => servers.Exists(server => server.OutcomeOf(play) is not Outcome.Skipped));

    private static TestedServer? Read(string folder, string name)
    {
        var file = Path.Combine(folder, Results(name));
        return File.Exists(file)
            ? new(name, ResultsFile.Parse(Results(name), File.ReadAllText(file)), Profile.Read(Path.Combine(folder, "profiles"), FileName(name)))
            : null;
    }

    private static IEnumerable<string> Outdated(TestedServer server, IReadOnlyList<string> plays)
    {
        string[] lacking = [.. server.Lacking(plays)];
        string[] gone = [.. server.Gone(plays)];
        if (lacking.Length > 0)
            yield return $"{Results(server.Name)} lacks {List(lacking)}: {HowToRun(server.Name)}";
        if (gone.Length > 0)
            yield return $"{Results(server.Name)} names what is no play: {List(gone)}: {HowToRun(server.Name)}";
        string[] unread = [.. server.Unread];
        if (unread.Length > 0)
            yield return $"profiles/{FileName(server.Name)}.txt says nothing about what fails: {List(unread)}";
    }

    private static string List(string[] names) =>
        string.Join(", ", names.Take(5)) + (names.Length > 5 ? $" and {names.Length - 5} more" : "");

    private static string FileName(string name) => name.ToLowerInvariant();

    private static string Results(string name) => $"results/{FileName(name)}.tsv";

    private static string HowToRun(string name) => name == Servers[0]
        ? $"dotnet run --project conformance -- --results conformance/{Results(name)}"
        : $"conformance/peers/run.sh {FileName(name)} --results conformance/{Results(name)}";
}
