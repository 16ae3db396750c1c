using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>For which pairs of domains a stream may bring stanzas, and for which it is being found out. Verifications end on any thread.</summary>
internal sealed class ProvenDomains
{
    // Far more than the domains and services that one server has here and there.
    private const int MaxPairs = 500;

    // One verification is a connection of ours to where the other side's domain sends us.
    private const int MaxPending = 10;

    private readonly Lock gate = new();
    private readonly Dictionary<DomainPair, DomainProof> proven = [];
    private readonly HashSet<DomainPair> pending = [];

    /// <summary>True once there is one.</summary>
    public bool Any
    {
        get
        {
            lock (gate) return proven.Count > 0;
        }
    }

    /// <summary>True once one was proven by a certificate.</summary>
    public bool ByCertificate
    {
        get
        {
            lock (gate) return proven.ContainsValue(DomainProof.Certificate);
        }
    }

    /// <summary>True while one is being found out.</summary>
    public bool IsPending
    {
        get
        {
            lock (gate) return pending.Count > 0;
        }
    }

    /// <summary>Those that are, with the way it was.</summary>
    public IReadOnlyList<KeyValuePair<DomainPair, DomainProof>> All
    {
        get
        {
            lock (gate) return [.. proven];
        }
    }

    public bool Contains(DomainPair pair)
    {
        lock (gate) return proven.ContainsKey(pair);
    }

    /// <summary>False when there are as many as there may be.</summary>
    public bool TryAdd(DomainPair pair, DomainProof proof)
    {
        lock (gate)
        {
            pending.Remove(pair);
            if (proven.Count >= MaxPairs && !proven.ContainsKey(pair)) return false;
            // What was proven better before stays so.
            proven[pair] = proven.TryGetValue(pair, out DomainProof before) && before > proof ? before : proof;
            return true;
        }
    }

    /// <summary>Begins to find out. False: that is under way, or too much is; <paramref name="isUnderWay"/> says which.</summary>
    public bool TryBegin(DomainPair pair, out bool isUnderWay)
    {
        lock (gate)
        {
            isUnderWay = pending.Contains(pair);
            return pending.Count < MaxPending && proven.Count < MaxPairs && pending.Add(pair);
        }
    }

    /// <summary>It was found out, with what result whatever.</summary>
    public void End(DomainPair pair)
    {
        lock (gate) pending.Remove(pair);
    }
}
