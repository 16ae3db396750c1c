namespace PresenceXml.Conformance.Runner;

/// <summary>How one play went, as a line of a results file.</summary>
/// <param name="Detail">The failing step, or why the play was skipped; empty when it passed.</param>
public sealed record ResultLine(string Play, Outcome Outcome, string Detail);
