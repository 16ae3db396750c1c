using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>What a mutation run found.</summary>
/// <param name="Plays">Those that passed without a mistake.</param>
/// <param name="Skipped">The server does not offer what they need.</param>
/// <param name="Failed">Those that fail without any mistake, and the reason on record where the profile has one.</param>
/// <param name="Controls">How many performances without a mistake went with the mutants' patience.</param>
/// <param name="ControlsFailed">Those of them that failed, though nothing was wrong.</param>
internal sealed record MutationOutcome(
    IReadOnlyList<Play> Plays,
    int Skipped,
    IReadOnlyList<(Play Play, Failure Failure, string? Reason)> Failed,
    IReadOnlyList<MutantResult> Results,
    int Controls,
    IReadOnlyList<(Play Play, Failure Failure)> ControlsFailed)
{
    /// <summary>The share of the plays that have to find out a mistake, in percent.</summary>
    public const double Bound = 95;

    /// <summary>The share of the controls that may fail, in percent; beyond, being late was taken for being wrong and the fates mean nothing.</summary>
    public const double ControlBound = 1;

    /// <summary>The operators that <see cref="SharpRate"/> leaves out.</summary>
    private static readonly string[] Blunt = ["drop", "silence", "hang up", "stay open", "to"];

    private ILookup<Play, MutantResult> ByPlay { get; } = Results.ToLookup(static result => result.Mutant.Play);

    /// <summary>The mutants that were performed: those whose place was reached.</summary>
    public int Performed => Results.Count(static result => result.Fate != MutantFate.Missed);

    /// <summary>Plays that no mistake makes fail in a step that expects something.</summary>
    public IEnumerable<Play> Blind => Plays.Where(play => !ByPlay[play].Any(static result => result.Fate == MutantFate.Killed));

    /// <summary>Plays that find out at least one mistake, in percent.</summary>
    public double Rate => Plays.Count == 0 ? 0 : 100.0 * (Plays.Count - Blind.Count()) / Plays.Count;

    /// <summary>
    /// The same without the mistakes that hardly a play misses (nothing comes, nothing ends, another addressee): how many look at what comes.
    /// Of a sample it is lower, for there are fewer to find.
    /// </summary>
    public double SharpRate => Plays.Count == 0 ? 0
        : 100.0 * Plays.Count(play => ByPlay[play].Any(static result => result.Fate == MutantFate.Killed && !Blunt.Contains(result.Mutant.Operator))) / Plays.Count;

    public bool IsGood => Rate >= Bound && !Failed.Any(static failed => failed.Reason is null) && ControlsFailed.Count * 100.0 <= Controls * ControlBound;

    public IEnumerable<MutantResult> Of(Play play) => ByPlay[play];
}
