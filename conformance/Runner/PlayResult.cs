namespace PresenceXml.Conformance.Runner;

public enum Outcome
{
    Passed,
    Failed,
    Skipped,

    /// <summary>Failed, at the step where the profile says it does.</summary>
    Known,
}

/// <summary>How one play went.</summary>
/// <param name="Reason">Why it was skipped, or what the profile says.</param>
/// <param name="EndedAt">The step <c>may end the play with</c> that ended it before all was performed; null: it went to its end.</param>
public sealed record PlayResult(Play Play, Outcome Outcome, Failure? Failure, string? Reason, TimeSpan Time, Step? EndedAt = null)
{
    /// <summary>It passed, though the profile lists it: the line is out of date, or the failure comes and goes.</summary>
    public bool IsStale => Outcome == Outcome.Passed && Reason is not null;
}
