using System.Collections.Concurrent;
using PresenceXml.Protocol;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Rules;

/// <summary>
/// How each domain that spoke to this server last proved itself: what is decided without a stanza of a watcher in hand, such as a broadcast,
/// goes by this. In memory; a domain that has not spoken since the start is not known.
/// </summary>
public sealed class Strengths(LocalDomains domains)
{
    // Far above the domains that a server has subscribers in; beyond it the unknown stay unknown, which is the cautious side.
    private const int MaxDomains = 100_000;

    private readonly ConcurrentDictionary<string, Strength> heard = new(StringComparer.Ordinal);

    /// <summary>How sure it is that somebody is who his address says.</summary>
    public Strength Of(Jid somebody) =>
        domains.IsLocal(somebody) ? Strength.Local
        : domains.Serves(somebody) ? Strength.Secret
        : heard.GetValueOrDefault(somebody.Domain);

    /// <summary>The strength that a proof gives.</summary>
    internal static Strength Of(DomainProof proof) => proof switch
    {
        DomainProof.Dialback => Strength.Dialback,
        DomainProof.Certificate => Strength.Certificate,
        DomainProof.Secret => Strength.Secret,
        _ => Strength.None,
    };

    /// <summary>True when that is what is known of the domain.</summary>
    internal bool Knows(string domain, Strength strength) => heard.TryGetValue(domain, out Strength before) && before == strength;

    /// <summary>A domain has spoken on a stream that was proven so. True: it is another strength than before.</summary>
    internal bool Note(string domain, Strength strength)
    {
        if (heard.TryGetValue(domain, out Strength before))
        {
            if (before == strength)
                return false;
        }
        else if (heard.Count >= MaxDomains)
        {
            return false;
        }
        heard[domain] = strength;
        return true;
    }
}
