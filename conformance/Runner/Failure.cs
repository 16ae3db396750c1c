namespace PresenceXml.Conformance.Runner;

/// <summary>Where and how a play failed.</summary>
public sealed record Failure(int Line, string Step, string Problem)
{
    /// <summary>What stands for the step of a failure after the last one: something came that no step asked for.</summary>
    public const string End = "(at the end nothing more may come)";
}
