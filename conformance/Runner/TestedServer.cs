namespace PresenceXml.Conformance.Runner;

/// <summary>A server whose results stand on the page: the committed run, and the profile that judges its failures.</summary>
/// <param name="name">The column's head, and in lower case the name of both files.</param>
internal sealed class TestedServer(string name, ResultsFile results, Profile profile)
{
    private readonly Dictionary<string, ResultLine> lines = results.Lines.ToDictionary(static line => line.Play, StringComparer.Ordinal);

    public string Name => name;
    public ResultsFile Results => results;
    public Profile Profile => profile;

    public Outcome? OutcomeOf(string play) => lines.GetValueOrDefault(play)?.Outcome;

    /// <summary>Plays that came after the run.</summary>
    public IEnumerable<string> Lacking(IEnumerable<string> plays) => plays.Where(play => !lines.ContainsKey(play));

    /// <summary>Plays of the run that are there no more.</summary>
    public IEnumerable<string> Gone(IEnumerable<string> plays) => lines.Keys.Except(plays, StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>Failures that the profile says nothing about.</summary>
    public IEnumerable<string> Unread =>
        results.Lines.Where(line => line.Outcome is Outcome.Failed or Outcome.Known && !Differences(line.Play).Any()).Select(static line => line.Play);

    /// <summary>Lines of the profile about plays that did not fail.</summary>
    public IEnumerable<Difference> Stale => profile.Differences.Where(line => OutcomeOf(line.Play) == Outcome.Passed);

    /// <summary>The profile's lines about a play that failed.</summary>
    public IEnumerable<Difference> Differences(string play) => profile.Differences.Where(line => line.Play == play);

    /// <summary>How a rule's plays went, in a few words.</summary>
    public string Verdict(IReadOnlyList<string> plays)
    {
        var performed = plays.Where(play => OutcomeOf(play) is not (null or Outcome.Skipped)).ToArray();
        var failed = performed.Where(play => OutcomeOf(play) != Outcome.Passed).ToArray();
        var rest = plays.Count - performed.Length;
        return plays.Count == 0 ? "–"
            : performed.Length == 0 ? plays.All(play => OutcomeOf(play) is null) ? "not run" : "not offered"
            : failed.Length == 0 ? rest == 0 ? "pass" : $"pass ({rest} of {plays.Count} not offered)"
            : plays.Count == 1 ? $"fails ({Judgement(failed[0])})"
            : $"{failed.Length} of {plays.Count} {(failed.Length == 1 ? "fails" : "fail")}: {Named(failed)}";
    }

    /// <summary>How a rule's plays went in a word: passed, failed when one did, skipped when all were; null when there is none or none was run.</summary>
    public Outcome? StandingOf(IReadOnlyList<string> plays)
    {
        var outcomes = plays.Select(OutcomeOf).ToArray();
        return Array.Exists(outcomes, static outcome => outcome is Outcome.Failed or Outcome.Known) ? Outcome.Failed
            : Array.IndexOf(outcomes, Outcome.Passed) >= 0 ? Outcome.Passed
            : Array.IndexOf(outcomes, Outcome.Skipped) >= 0 ? Outcome.Skipped
            : null;
    }

    private string Named(string[] failed) =>
        string.Join(", ", failed.Take(3).Select(play => $"`{play}` ({Judgement(play)})")) + (failed.Length > 3 ? $" and {failed.Length - 3} more" : "");

    private string Judgement(string play)
    {
        var verdicts = Differences(play).Select(static line => line.Verdict.Word()).Distinct().ToArray();
        return verdicts.Length == 0 ? "not read yet" : string.Join(", ", verdicts);
    }
}
