using System.Text;

namespace PresenceXml.Conformance.Runner;

/// <summary>Writes results for people.</summary>
public static class Report
{
    /// <summary>"N passed, N failed", and what was skipped or is known.</summary>
    public static string Summary(IReadOnlyList<PlayResult> results)
    {
        var line = $"{Count(Outcome.Passed)} passed, {Count(Outcome.Failed)} failed";
        if (Count(Outcome.Skipped) > 0)
            line += $", {Count(Outcome.Skipped)} skipped";
        if (Count(Outcome.Known) > 0)
            line += $", {Count(Outcome.Known)} known differences";
        var stale = results.Count(static result => result.IsStale);
        if (stale > 0)
            line += $", {stale} of the passed against the profile";
        return line;

        int Count(Outcome outcome) => results.Count(result => result.Outcome == outcome);
    }

    /// <summary>One result for the console: a line, and for a failure what was expected and what came.</summary>
    public static string Line(PlayResult result)
    {
        var text = new StringBuilder($"{Word(result.Outcome),-7} {result.Play.Name}  ({string.Join(", ", result.Play.Ids)})");
        if (result.Reason is { } reason)
            text.Append($"  {reason}");
        if (result is { Outcome: Outcome.Failed, Failure: { } failure })
        {
            text.AppendLine().AppendLine($"    {result.Play.Title}").AppendLine($"    line {failure.Line}: {failure.Step}")
                .Append("    ").Append(failure.Problem.ReplaceLineEndings(Environment.NewLine + "    "));
        }

        return text.ToString();
    }

    /// <summary>All results as a Markdown page.</summary>
    public static string Markdown(IReadOnlyList<PlayResult> results, string server)
    {
        var text = new StringBuilder()
            .AppendLine($"# Conformance of {server}").AppendLine()
            .AppendLine(Summary(results) + ".").AppendLine()
            .AppendLine("| id | play | rule | result |").AppendLine("| --- | --- | --- | --- |");
        foreach (var (id, result) in results
            .SelectMany(static result => result.Play.Ids.Select(id => (id, result)))
            .OrderBy(static row => row.id, StringComparer.Ordinal))
            text.AppendLine($"| {id} | {result.Play.Name} | {Cell(result.Play.Title)} | {Word(result.Outcome)}{Cell(result.Reason is { } reason ? ": " + reason : "")} |");
        foreach (var result in results.Where(static result => result.Failure is not null))
        {
            text.AppendLine().AppendLine($"## {result.Play.Name}").AppendLine()
                .AppendLine($"{result.Play.Title}. Line {result.Failure!.Line}: `{result.Failure.Step}`").AppendLine()
                .AppendLine("```").AppendLine(result.Failure.Problem).AppendLine("```");
        }

        return text.ToString();
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "pass",
        Outcome.Failed => "FAIL",
        Outcome.Skipped => "skip",
        _ => "known",
    };

    private static string Cell(string text) => text.Replace("|", @"\|", StringComparison.Ordinal);
}
