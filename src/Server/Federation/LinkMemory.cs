namespace PresenceXml.Server.Federation;

/// <summary>Reports of links that are gone. Those to domains that lived are kept apart, so that thousands of dead ones do not push them out. Guarded by its owner's lock.</summary>
internal sealed class LinkMemory
{
    // Half of them dead: some hundred bytes each, and what was tried last.
    private const int Most = 1000;

    // Of a way that had many turns the first and the last are told.
    private const int MostLines = 60;

    private readonly Dictionary<DomainPair, LinkedListNode<LinkReport>> all = [];

    // The one kept longest first.
    private readonly LinkedList<LinkReport> living = [];
    private readonly LinkedList<LinkReport> dead = [];

    public IEnumerable<LinkReport> All => all.Values.Select(static node => node.Value);

    public LinkReport? Find(DomainPair pair) => all.TryGetValue(pair, out LinkedListNode<LinkReport>? node) ? node.Value : null;

    /// <summary>Takes one out; null when there is none.</summary>
    public LinkReport? Take(DomainPair pair)
    {
        if (!all.Remove(pair, out LinkedListNode<LinkReport>? node))
            return null;
        node.List!.Remove(node);
        return node.Value;
    }

    public void Keep(LinkReport report)
    {
        Take(report.Pair);
        LinkedList<LinkReport> line = report.IsAlive ? living : dead;
        if (line.Count == Most)
            Take(line.First!.Value.Pair);
        if (report.Trace.Count > MostLines)
            report = report with { Trace = [.. report.Trace.Take(MostLines / 2), .. report.Trace.TakeLast(MostLines / 2)] };
        all[report.Pair] = line.AddLast(report);
    }
}
