namespace PresenceXml.Conformance.Model;

/// <summary>Makes <c>docs/rfc2779.md</c> and the tables of <c>docs/model.md</c> from the tables of <c>conformance/</c>.</summary>
internal static class ModelCommand
{
    /// <returns>0; 1 when a table is not complete or names what is not there, with what is wrong on the output.</returns>
    public static int Run(string root, TextWriter output)
    {
        var tables = ModelTables.Read(Path.Combine(root, "conformance"));
        File.WriteAllText(Requirements(root), RequirementsPage.Markdown(tables.Requirements));
        File.WriteAllText(Model(root), ModelPage.Refresh(File.ReadAllText(Model(root)), tables.Terms));
        string[] problems = [.. tables.Problems(new SourceTree(root))];
        foreach (var problem in problems)
            output.WriteLine(problem);
        output.WriteLine(Summary("terms", tables.Terms.Select(static term => term.Verdict)));
        output.WriteLine(Summary("requirements", tables.Requirements.Select(static requirement => requirement.Verdict)));
        return problems.Length > 0 ? 1 : 0;
    }

    public static string Requirements(string root) => Path.Combine(root, "docs", "rfc2779.md");

    public static string Model(string root) => Path.Combine(root, "docs", "model.md");

    private static string Summary(string what, IEnumerable<string> verdicts)
    {
        string[] all = [.. verdicts];
        return $"{all.Length} {what}: {string.Join(", ", all.GroupBy(static verdict => verdict).Select(static same => $"{same.Count()} {same.Key}"))}";
    }
}
