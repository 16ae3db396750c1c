namespace PresenceXml.Conformance.Runner;

/// <summary>Regenerates <c>docs/conformance.md</c>.</summary>
internal static class CoverageCommand
{
    /// <returns>0; 1 when a line of the checklist has neither play, test nor reason, or an id is unknown.</returns>
    public static int Run(TextWriter output)
    {
        var coverage = new Coverage(Folders.Root);
        File.WriteAllText(Path.Combine(Folders.Root, "docs", "conformance.md"), coverage.Markdown());
        foreach (var line in coverage.Open)
            output.WriteLine($"open: {line.Id}: {line.Rule}");
        foreach (var id in coverage.Unknown)
            output.WriteLine($"not in the checklist: {id}");
        output.WriteLine(coverage.Summary);
        return coverage.Open.Count + coverage.Unknown.Count > 0 ? 1 : 0;
    }
}
