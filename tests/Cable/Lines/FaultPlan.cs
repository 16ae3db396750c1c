namespace PresenceXml.Cable.Lines;

/// <summary>What is going to happen to one line, drawn from its own random numbers alone: the same seed gives the same plan.</summary>
/// <param name="random">Of this line.</param>
/// <param name="meanGap">The mean time between two faults.</param>
/// <param name="isPatient">True where a server is to find dead lines by itself now and then.</param>
internal sealed class FaultPlan(Random random, TimeSpan meanGap, bool isPatient)
{
    private static readonly (FaultKind Kind, int Weight)[] Weights =
    [
        (FaultKind.Reset, 14),
        (FaultKind.Close, 9),
        (FaultKind.ResetAtServer, 6),
        (FaultKind.ResetAtClient, 9),
        (FaultKind.ResetAtClientLateBytes, 6),
        (FaultKind.BlackHole, 4),
        (FaultKind.HalfCloseToServer, 6),
        (FaultKind.HalfCloseToClient, 6),
        (FaultKind.StallToServer, 8),
        (FaultKind.StallToClient, 8),
        (FaultKind.StallBoth, 6),
        (FaultKind.StallThenReset, 6),
        (FaultKind.Delay, 6),
        (FaultKind.Trickle, 6),
    ];

    private static readonly int Total = Weights.Sum(static weight => weight.Weight);

    private bool isFirst = true;

    public Fault Next()
    {
        // Some lines are hit while the client is still signing in or resuming.
        bool early = isFirst && random.NextDouble() < 0.12;
        isFirst = false;
        FaultKind kind = Draw();
        // Exponential, within bounds: many short gaps, a few long ones.
        double gap = early ? 0 : Math.Min(-Math.Log(1 - random.NextDouble()) * meanGap.TotalSeconds, meanGap.TotalSeconds * 4);
        Direction? torn = early || random.NextDouble() < 0.6 ? (Direction)random.Next(2) : null;
        int bytes = early ? random.Next(2500) : random.Next(600);
        return new Fault(kind, TimeSpan.FromSeconds(gap), Lasting(kind), torn, bytes);
    }

    private FaultKind Draw()
    {
        int at = random.Next(Total);
        foreach ((FaultKind kind, int weight) in Weights)
        {
            if (at < weight)
                return kind;
            at -= weight;
        }
        throw new InvalidOperationException("The weights add up.");
    }

    private TimeSpan Lasting(FaultKind kind) => kind switch
    {
        FaultKind.StallToServer or FaultKind.StallToClient or FaultKind.StallBoth or FaultKind.StallThenReset => Skewed(0.05, 3),
        FaultKind.Delay or FaultKind.Trickle => Skewed(0.2, 1.5),
        FaultKind.HalfCloseToServer or FaultKind.HalfCloseToClient => Skewed(0, 1),
        // The silent end: mostly cut a little later, at times only when it has found out by itself.
        FaultKind.ResetAtClient or FaultKind.BlackHole when isPatient && random.NextDouble() < 0.25 => TimeSpan.FromSeconds(120),
        FaultKind.ResetAtServer or FaultKind.ResetAtClient or FaultKind.ResetAtClientLateBytes or FaultKind.BlackHole => Skewed(0.1, 6),
        _ => TimeSpan.Zero,
    };

    // Mostly near the lower bound, at times up to the upper one.
    private TimeSpan Skewed(double from, double to) => TimeSpan.FromSeconds(from + ((to - from) * Math.Pow(random.NextDouble(), 3)));
}
