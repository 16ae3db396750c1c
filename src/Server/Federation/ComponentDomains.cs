using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation;

/// <summary>The components of this server (XEP-0114): domains that are not its own, but are spoken for by a program that connects with a secret.</summary>
public sealed class ComponentDomains
{
    private readonly FrozenDictionary<string, Component> all;
    private readonly string[] domains;

    /// <exception cref="IOException">A secret's file cannot be read any more.</exception>
    public ComponentDomains(ServerOptions options)
    {
        domains = [.. options.Domains];
        all = options.Components.ToFrozenDictionary(
            static entry => entry.Key, static entry => new Component(entry.Key, entry.Value.ReadSecret(), entry.Value.QueueBytes), StringComparer.Ordinal);
    }

    /// <summary>True for the domain of a component, connected or not: other servers may send to it through us, and it to them.</summary>
    public bool Owns(string domain) => all.ContainsKey(domain);

    /// <summary>The connected components a domain of ours is to show (XEP-0030 §4): those below it, and those that are below none of ours.</summary>
    public IEnumerable<string> ConnectedAt(string domain) =>
        from component in all.Values
        where component.IsConnected && (IsBelow(component.Domain, domain) || !Array.Exists(domains, other => IsBelow(component.Domain, other)))
        orderby component.Domain
        select component.Domain;

    internal bool TryFind(string domain, [NotNullWhen(true)] out Component? component) => all.TryGetValue(domain, out component);

    private static bool IsBelow(string lower, string upper) => lower.EndsWith("." + upper, StringComparison.Ordinal);
}
