using System.Collections.Frozen;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation;

/// <summary>The domains this server answers for.</summary>
public sealed class LocalDomains
{
    private readonly FrozenDictionary<string, Jid> domains;
    private readonly FrozenSet<string> components;

    /// <exception cref="FormatException">A configured domain is none.</exception>
    public LocalDomains(ServerOptions options)
    {
        All = [.. options.Domains.Select(Jid.Parse)];
        components = options.Components.Keys.ToFrozenSet(StringComparer.Ordinal);
        domains = All.ToFrozenDictionary(jid => jid.Domain, StringComparer.Ordinal);
    }

    /// <summary>In the order of the configuration; the first is the one to speak for the server as a whole.</summary>
    public IReadOnlyList<Jid> All { get; }

    /// <summary>True for an address of ours: a domain, an account that may or may not exist, or a resource.</summary>
    public bool IsLocal(Jid address) => domains.ContainsKey(address.Domain);

    /// <summary>True for an address of ours or of a component (XEP-0114): other servers reach it through us, and only we speak for it to them.</summary>
    public bool Serves(Jid address) => IsLocal(address) || components.Contains(address.Domain);

    /// <summary>The domain of an address of ours as an address, for stanzas the server sends in its own name.</summary>
    public Jid DomainOf(Jid address) => domains[address.Domain];
}
