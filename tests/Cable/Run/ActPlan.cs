using PresenceXml.Cable.Sabotages;

namespace PresenceXml.Cable.Run;

/// <summary>One act: accounts of its own, faults, kills, and a judgement at the end.</summary>
/// <param name="Name">The beginning of its accounts' names.</param>
/// <param name="Seed">Where all its random numbers come from.</param>
/// <param name="Sets">How many sets of accounts take part.</param>
/// <param name="Faults">It goes on until so many took effect.</param>
/// <param name="Kills">And until the server was killed so often.</param>
/// <param name="MeanGap">The mean time between two faults of one line.</param>
/// <param name="Pause">The mean time between two bursts of one device.</param>
/// <param name="Limit">It never takes longer, but for its end.</param>
/// <param name="AtLeast">It never takes less.</param>
/// <param name="Sabotage">What the test does itself; null: nothing.</param>
internal sealed record ActPlan(string Name, int Seed, int Sets, int Faults, int Kills, TimeSpan MeanGap, TimeSpan Pause, TimeSpan Limit, TimeSpan AtLeast, Sabotage? Sabotage = null);
