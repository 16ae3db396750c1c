namespace PresenceXml.Conformance.Runner;

public enum Outcome
{
    Passed,
    Failed,
    Skipped,

    /// <summary>Failed, as the profile says it does.</summary>
    Known,
}

/// <summary>How one play went.</summary>
/// <param name="Reason">Why it was skipped, or what the profile says.</param>
public sealed record PlayResult(Play Play, Outcome Outcome, Failure? Failure, string? Reason, TimeSpan Time);
