using PresenceXml.Protocol;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Which accounts are shown somebody of which domain, so that a domain that cannot be reached is no work for all the others. Nothing is left behind:
/// what <see cref="ShownPresences"/> takes out is taken out here. Its lock is a leaf.
/// </summary>
internal sealed class ShownPlaces
{
    private readonly Lock door = new();
    private readonly Dictionary<DomainPair, HashSet<Jid>> accounts = [];

    /// <summary>Pairs of domains.</summary>
    public int Count
    {
        get
        {
            lock (door)
                return accounts.Count;
        }
    }

    /// <summary>The account is shown the first of this domain.</summary>
    public void Add(Jid account, string domain)
    {
        var pair = new DomainPair(account.Domain, domain);
        lock (door)
        {
            if (!accounts.TryGetValue(pair, out HashSet<Jid>? there))
                accounts.Add(pair, there = []);
            there.Add(account);
        }
    }

    /// <summary>The account is shown nobody of this domain any more.</summary>
    public void Remove(Jid account, string domain)
    {
        var pair = new DomainPair(account.Domain, domain);
        lock (door)
        {
            if (accounts.TryGetValue(pair, out HashSet<Jid>? there) && there.Remove(account) && there.Count == 0)
                accounts.Remove(pair);
        }
    }

    /// <summary>The accounts that are shown somebody at the moment.</summary>
    public IReadOnlyList<Jid> At(DomainPair pair)
    {
        lock (door)
            return accounts.TryGetValue(pair, out HashSet<Jid>? there) ? [.. there] : [];
    }
}
