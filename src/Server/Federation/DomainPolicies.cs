using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation;

/// <summary>What each domain has to prove itself by: the section <c>federation</c> of the configuration.</summary>
internal sealed class DomainPolicies
{
    private readonly bool isEnabled;
    private readonly DomainPolicy general;
    private readonly Dictionary<string, DomainPolicy> exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DomainPolicy> below = new(StringComparer.Ordinal);

    /// <param name="options">Checked.</param>
    public DomainPolicies(FederationOptions options)
    {
        isEnabled = options.Enabled;
        general = Read(options.Default);
        foreach ((string name, DomainPolicyOptions own) in options.Domains)
        {
            bool isWild = name.StartsWith("*.", StringComparison.Ordinal);
            if (JidPreparation.TryDomain(isWild ? name[2..] : name, out string? domain))
                (isWild ? below : exact)[domain] = Read(own.Policy);
        }
    }

    /// <summary>The policy for a domain of another server (<see cref="Jid.Domain"/>).</summary>
    public DomainPolicy Of(string domain)
    {
        if (!isEnabled)
            return DomainPolicy.Deny;
        if (exact.TryGetValue(domain, out DomainPolicy own))
            return own;
        for (int dot = domain.IndexOf('.'); dot >= 0 && below.Count > 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (below.TryGetValue(domain[(dot + 1)..], out DomainPolicy wild))
                return wild;
        }
        return general;
    }

    private static DomainPolicy Read(string word) => word switch
    {
        "deny" => DomainPolicy.Deny,
        "certificate" => DomainPolicy.RequireCertificate,
        _ => DomainPolicy.AllowDialback,
    };
}
