using System.Collections.Immutable;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// <c>identity</c> (RFC 4745 §7.1): one of these addresses, or one of many. A bare address stands for all its resources, a domain for everybody there.
/// </summary>
/// <param name="Ones">The addresses named one by one.</param>
/// <param name="Many">Each a group of people; any may hold.</param>
internal sealed record IdentityCondition(ImmutableHashSet<Jid> Ones, ImmutableArray<ManyIdentities> Many) : AccessCondition
{
    public override bool Holds(in AccessQuestion question)
    {
        if (Ones.Contains(question.Watcher) || (question.Watcher.IsFull && Ones.Contains(question.Watcher.Bare)))
            return true;
        foreach (ManyIdentities many in Many)
        {
            if (many.Has(question.Watcher))
                return true;
        }
        return false;
    }
}

/// <summary><c>many</c> (RFC 4745 §7.1.2): everybody, or everybody of one domain, but for some.</summary>
/// <param name="Domain">The domain, null for any.</param>
/// <param name="ExceptIds">Bare addresses it does not stand for.</param>
/// <param name="ExceptDomains">Domains it does not stand for.</param>
internal sealed record ManyIdentities(string? Domain, ImmutableHashSet<Jid> ExceptIds, ImmutableHashSet<string> ExceptDomains)
{
    public bool Has(Jid watcher) =>
        (Domain is null || Domain == watcher.Domain) && !ExceptDomains.Contains(watcher.Domain) && !ExceptIds.Contains(watcher.Bare);
}
