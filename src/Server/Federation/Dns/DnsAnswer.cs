namespace PresenceXml.Server.Federation.Dns;

/// <summary>What became of a question.</summary>
internal sealed record DnsAnswer
{
    public DnsStatus Status { get; init; }

    /// <summary>Of the type that was asked for, aliases followed; empty unless <see cref="DnsStatus.Found"/>.</summary>
    public IReadOnlyList<DnsRecord> Records { get; init; } = [];

    /// <summary>How long it is valid, counted from when it came.</summary>
    public TimeSpan Lifetime { get; init; }

    /// <summary>For people: who said so, or why nobody did.</summary>
    public string Source { get; init; } = "";

    /// <summary>For people: what happened on the way, such as servers that did not answer and aliases.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>It was known already.</summary>
    public bool IsRemembered { get; init; }
}
