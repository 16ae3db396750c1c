using System.Globalization;
using System.Text;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Writes what a mutation run found, for people.</summary>
internal static class MutationReport
{
    /// <summary>A line for each play and the totals.</summary>
    public static string Text(MutationOutcome outcome)
    {
        var text = new StringBuilder();
        foreach (var play in outcome.Plays)
        {
            var survivors = outcome.Of(play).Where(static result => result.Fate == MutantFate.Survived).Select(static result => result.Mutant.Operator);
            var names = string.Join(", ", survivors.CountBy(static name => name).Select(static entry => entry.Value == 1 ? entry.Key : $"{entry.Key} ({entry.Value})"));
            text.AppendLine($"{play.Name}: {Counts(outcome.Of(play))}{(names.Length > 0 ? "; survived: " : "")}{names}");
        }

        text.AppendLine();
        foreach (var (name, results) in ByOperator(outcome))
            text.AppendLine($"{name,-30} {Counts(results)}");
        foreach (var (play, failure, reason) in outcome.Failed)
            text.AppendLine().AppendLine($"fails without a mutation: {play.Name}, line {failure.Line}{(reason is null ? "" : $" ({reason})")}").Append(failure.Problem);
        foreach (var (play, failure) in outcome.ControlsFailed)
            text.AppendLine().AppendLine($"a control failed: {play.Name}, line {failure.Line}").Append(failure.Problem);
        text.AppendLine();
        foreach (var play in outcome.Blind)
            text.AppendLine($"NOTHING KILLED: {play.Name}");
        return text.Append(Summary(outcome)).ToString();
    }

    /// <summary>The totals in one line.</summary>
    public static string Summary(MutationOutcome outcome) => string.Create(
        CultureInfo.InvariantCulture,
        $"{outcome.Plays.Count} plays, of which {outcome.Plays.Count - outcome.Blind.Count()} find out a mistake: {outcome.Rate:0.0} % (at least {MutationOutcome.Bound} %), {outcome.SharpRate:0.0} % without the blunt ones; "
        + $"{Counts(outcome.Results)}; {outcome.Skipped} plays skipped, {outcome.Failed.Count} fail without a mutation; "
        + $"controls: {outcome.Controls}, {outcome.ControlsFailed.Count} failed");

    /// <summary>All of it as a Markdown page.</summary>
    public static string Markdown(MutationOutcome outcome, string server)
    {
        var text = new StringBuilder()
            .AppendLine($"# Mutation: the plays on {server}, broken on purpose").AppendLine()
            .AppendLine(Summary(outcome) + ".").AppendLine();
        Section(text, "Plays of which no mutant was killed", outcome.Blind.Select(static play => $"- {play.Name}: {play.Title}"));
        Section(text, "Plays that fail without a mutation", outcome.Failed.Select(static failed =>
            $"- {failed.Play.Name}, line {failed.Failure.Line}: {failed.Reason ?? Cell(failed.Failure.Problem)}"));
        Section(text, "Controls that failed", outcome.ControlsFailed.Select(static failed =>
            $"- {failed.Play.Name}, line {failed.Failure.Line}: {Cell(failed.Failure.Problem)}"));
        text.AppendLine("## Operators").AppendLine()
            .AppendLine("| operator | mutants | killed | aside | survived |").AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var (name, results) in ByOperator(outcome))
            text.AppendLine($"| {name} | {Row(results)} |");
        text.AppendLine().AppendLine("## Plays").AppendLine()
            .AppendLine("| play | mutants | killed | aside | survived |").AppendLine("| --- | --- | --- | --- | --- |");
        foreach (var play in outcome.Plays)
            text.AppendLine($"| {play.Name} | {Row(outcome.Of(play))} |");
        text.AppendLine();
        foreach (var play in outcome.Plays)
        {
            Section(text, $"Survivors of {play.Name}", outcome.Of(play)
                .Where(static result => result.Fate == MutantFate.Survived)
                .OrderBy(static result => result.Mutant.Site.Step.Line)
                .Select(static result => Survivor(result.Mutant)));
        }

        Section(text, "Not performed", outcome.Results
            .Where(static result => result.Fate == MutantFate.Missed)
            .Select(static result => $"- {result.Mutant.Play.Name}: {result.Mutant.Operator}, {result.Mutant.Site.Event.Place}{(result.Failure is { } failure ? Cell($": line {failure.Line}: {failure.Problem}") : "")}"));
        return text.ToString().TrimEnd() + Environment.NewLine;
    }

    private static string Survivor(Mutant mutant) =>
        $"- line {mutant.Site.Step.Line}, **{mutant.Operator}** ({Cell(mutant.Change)}), {mutant.Site.Event.Place}: `{Cell(mutant.Site.Event.ToString())}`";

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var all = lines.ToArray();
        if (all.Length > 0)
            text.AppendLine($"## {title}").AppendLine().AppendLine(string.Join(Environment.NewLine, all)).AppendLine();
    }

    private static IEnumerable<(string Name, MutantResult[] Results)> ByOperator(MutationOutcome outcome) => outcome.Results
        .GroupBy(static result => result.Mutant.Operator)
        .OrderBy(static group => group.Key, StringComparer.Ordinal)
        .Select(static group => (group.Key, group.ToArray()));

    private static string Counts(IEnumerable<MutantResult> results)
    {
        var (all, killed, aside, survived) = Count(results);
        return $"{all} mutants, {killed + aside} killed{(aside > 0 ? $" ({aside} aside)" : "")}, {survived} survived";
    }

    private static string Row(IEnumerable<MutantResult> results)
    {
        var (all, killed, aside, survived) = Count(results);
        return $"{all} | {killed} | {aside} | {survived}";
    }

    private static (int All, int Killed, int Aside, int Survived) Count(IEnumerable<MutantResult> results)
    {
        var count = results.CountBy(static result => result.Fate).ToDictionary();
        var (killed, aside, survived) = (Of(MutantFate.Killed), Of(MutantFate.KilledAside), Of(MutantFate.Survived));
        return (killed + aside + survived, killed, aside, survived);

        int Of(MutantFate fate) => count.GetValueOrDefault(fate);
    }

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", @"\|", StringComparison.Ordinal);
}
