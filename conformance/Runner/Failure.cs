namespace PresenceXml.Conformance.Runner;

/// <summary>Where and how a play failed.</summary>
public sealed record Failure(int Line, string Step, string Problem);
