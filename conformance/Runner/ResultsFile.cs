using System.Globalization;
using System.Text;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// The results of a run for machines, tab-separated: a head line "# server, version, date", then a line for each play with its outcome
/// and the reason of a skip, the failing step or the step that ended it early.
/// </summary>
/// <param name="Software">The server's name and version, as it says.</param>
/// <param name="Date">The day of the run, as in 2026-01-31.</param>
public sealed record ResultsFile(string Software, string Date, IReadOnlyList<ResultLine> Lines)
{
    private static readonly (Outcome Outcome, string Word)[] Words =
        [(Outcome.Passed, "pass"), (Outcome.Failed, "fail"), (Outcome.Known, "known"), (Outcome.Skipped, "skip")];

    public static ResultsFile Of(IReadOnlyList<PlayResult> results, string software) => new(
        software,
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        [
            .. results.OrderBy(static result => result.Play.Name, StringComparer.Ordinal).Select(static result => new ResultLine(
                result.Play.Name,
                result.Outcome,
                result.Outcome == Outcome.Skipped ? Cell(result.Reason!) : result.Failure is { } failure ? Cell(failure.Step)
                    : result.EndedAt is { } end ? $"{ResultLine.Early}{Cell(end.Text)}" : "")),
        ]);

    /// <exception cref="FormatException">A line cannot be understood.</exception>
    public static ResultsFile Parse(string name, string text)
    {
        var lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        if (!lines[0].StartsWith("# ", StringComparison.Ordinal) || lines[0][2..].Split('\t') is not [var software, var date])
            throw new FormatException($"{name}:1: expected '# server version', a tab and the date of the run");
        var results = new List<ResultLine>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Split('\t') is not [{ Length: > 0 } play, var word, var detail] || !Array.Exists(Words, pair => pair.Word == word))
                throw new FormatException($"{name}:{i + 1}: expected play, outcome ({string.Join(", ", Words.Select(static pair => pair.Word))}) and detail, with tabs between");
            results.Add(new(play, Array.Find(Words, pair => pair.Word == word).Outcome, detail));
        }

        return new(software, date, results);
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append($"# {Software}\t{Date}\n");
        foreach (var line in Lines)
            text.Append($"{line.Play}\t{Array.Find(Words, pair => pair.Outcome == line.Outcome).Word}\t{line.Detail}\n");
        return text.ToString();
    }

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');
}
