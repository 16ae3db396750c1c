namespace PresenceXml.Server.Federation.Dns;

/// <summary>Where a domain's server is, or why that is not known.</summary>
/// <param name="Status">Which of the two.</param>
/// <param name="Targets">In the order to be tried; empty unless <see cref="ServiceStatus.Found"/>.</param>
/// <param name="Reason">For people: where it is known from, or what is wrong.</param>
internal sealed record ServiceLookup(ServiceStatus Status, IReadOnlyList<ServiceTarget> Targets, string Reason)
{
    /// <summary>The domain names no service; the target is the domain itself (RFC 6120 §3.2.2).</summary>
    public bool IsFallback { get; init; }

    /// <summary>The DNS cannot know the domain, whatever it is asked (RFC 6761).</summary>
    public bool IsNoName { get; init; }

    /// <summary>The operator said so, not the DNS: it may be anywhere.</summary>
    public bool IsConfigured { get; init; }
}
