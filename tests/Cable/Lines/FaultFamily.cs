namespace PresenceXml.Cable.Lines;

/// <summary>The four words that the report counts by.</summary>
internal static class FaultFamily
{
    public static string Of(FaultKind kind) => kind switch
    {
        FaultKind.HalfCloseToServer or FaultKind.HalfCloseToClient => "half-closes",
        FaultKind.StallToServer or FaultKind.StallToClient or FaultKind.StallBoth => "stalls",
        FaultKind.Delay or FaultKind.Trickle => "delays",
        _ => "cuts",
    };
}
