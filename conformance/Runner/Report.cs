using System.Globalization;
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
        var early = results.Count(static result => result is { Outcome: Outcome.Passed, EndedAt: not null });
        if (early > 0)
            line += $", {early} of the passed ended early";
        var stale = results.Count(static result => result.IsStale);
        if (stale > 0)
            line += $", {stale} of the passed against the profile";
        return line;

        int Count(Outcome outcome) => results.Count(result => result.Outcome == outcome);
    }

    /// <summary>The failures, and what the profile has wrong, once more at the end of a long run; null when there are none.</summary>
    public static string? Remarkable(IReadOnlyList<PlayResult> results)
    {
        var lines = results.Where(static result => result.Outcome == Outcome.Failed || result.IsStale)
            .Select(static result => $"{Word(result.Outcome),-6} {result.Play.Name}{(result.IsStale ? $"  {result.Reason}" : "")}")
            .ToArray();
        return lines.Length == 0 ? null : Environment.NewLine + string.Join(Environment.NewLine, lines) + Environment.NewLine;
    }

    /// <summary>Plays with their titles and needs.</summary>
    public static string Listing(IReadOnlyList<Play> plays) => string.Join(Environment.NewLine, plays.Select(static play =>
        $"{play.Name}{Environment.NewLine}    {play.Title}{(play.Needs.Count == 0 ? "" : $"{Environment.NewLine}    needs {string.Join(", ", play.Needs)}")}"));

    /// <summary>One result for the console: a line, and for a failure the rule, the step, what was expected and what came.</summary>
    /// <param name="number">How many results there are with this one.</param>
    public static string Line(PlayResult result, int number, int count)
    {
        var width = count.ToString(CultureInfo.InvariantCulture).Length;
        var text = new StringBuilder($"{number.ToString(CultureInfo.InvariantCulture).PadLeft(width)}/{count} {Word(result.Outcome),-6} {result.Play.Name}");
        if (result.Reason is { } reason)
            text.Append($"  {reason}");
        if (result.EndedAt is { } end)
            text.Append($"  ended early at line {end.Line}: the rest was not performed");
        if (result is { Outcome: Outcome.Failed, Failure: { } failure })
        {
            text.AppendLine().AppendLine($"    {result.Play.Title} ({string.Join(", ", result.Play.Ids)})").AppendLine($"    line {failure.Line}: {failure.Step}")
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
