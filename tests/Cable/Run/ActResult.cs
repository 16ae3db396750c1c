using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Judging;
using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Run;

/// <summary>What an act came to.</summary>
/// <param name="Plan">What was to happen.</param>
/// <param name="Evidence">What was found.</param>
/// <param name="Counts">What the clients did.</param>
/// <param name="Faults">What happened to the lines.</param>
/// <param name="Took">How long, without the judgement.</param>
/// <param name="Victim">The message that the sabotage was done to.</param>
internal sealed record ActResult(ActPlan Plan, Evidence Evidence, Counts Counts, FaultCounts Faults, TimeSpan Took, string? Victim)
{
    public bool IsClean => Evidence.Findings.Count == 0;
}
