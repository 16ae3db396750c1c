namespace PresenceXml.Conformance.Runner;

/// <summary>How one play went, as a line of a results file.</summary>
/// <param name="Detail">The failing step, why the play was skipped, or where a play that passed was ended early; else empty.</param>
public sealed record ResultLine(string Play, Outcome Outcome, string Detail)
{
    /// <summary>What begins the detail of a play that a <c>may end the play with</c> ended.</summary>
    public const string Early = "ended early: ";

    public bool IsEarly => Outcome == Outcome.Passed && Detail.StartsWith(Early, StringComparison.Ordinal);
}
