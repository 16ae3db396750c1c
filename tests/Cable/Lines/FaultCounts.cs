namespace PresenceXml.Cable.Lines;

/// <summary>How many faults of each kind took effect, and how long the server needed to find dead lines by itself.</summary>
internal sealed class FaultCounts
{
    private readonly Lock gate = new();
    private readonly int[] counts = new int[Enum.GetValues<FaultKind>().Length];
    private readonly List<TimeSpan> found = [];

    public int Total { get; private set; }

    public IReadOnlyList<TimeSpan> Found
    {
        get
        {
            lock (gate)
                return [.. found.Order()];
        }
    }

    public void Add(FaultKind kind)
    {
        lock (gate)
        {
            counts[(int)kind]++;
            Total++;
        }
    }

    public void FoundByServer(TimeSpan after)
    {
        lock (gate)
            found.Add(after);
    }

    public IReadOnlyDictionary<FaultKind, int> ByKind()
    {
        lock (gate)
            return Enum.GetValues<FaultKind>().ToDictionary(static kind => kind, kind => counts[(int)kind]);
    }
}
