using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// Streams that we are opening and that the other side may use too (XEP-0288). When both sides open one at the same time each could give its own up for the
/// other's, and none would be left: then that of the domain that sorts first stays.
/// </summary>
internal sealed class BidiAttempts
{
    private readonly Lock gate = new();
    private readonly Dictionary<DomainPair, int> open = [];

    /// <summary>The other side knows from now on that it may use the stream.</summary>
    public void Begin(DomainPair pair)
    {
        lock (gate) open[pair] = open.GetValueOrDefault(pair) + 1;
    }

    /// <summary>The stream is open, or given up.</summary>
    public void End(DomainPair pair)
    {
        lock (gate)
        {
            if (open[pair] == 1) open.Remove(pair);
            else open[pair]--;
        }
    }

    /// <summary>True while a stream of ours comes first.</summary>
    public bool ComesFirst(DomainPair pair)
    {
        lock (gate) return string.CompareOrdinal(pair.Local, pair.Remote) < 0 && open.ContainsKey(pair);
    }
}
