using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>A page of a log: filters are all ANDed; bounds are exclusive for sequences, inclusive for times.</summary>
public sealed record LogQuery
{
    public long? After { get; init; }
    public long? Before { get; init; }
    public DateTimeOffset? Start { get; init; }
    public DateTimeOffset? End { get; init; }
    public Jid? Peer { get; init; }
    public string? Box { get; init; }

    /// <summary>Bytes that the content must have somewhere; empty for any. No index helps: what the other filters leave is looked through.</summary>
    public ReadOnlyMemory<byte> Containing { get; init; }

    /// <summary>True: the last entries that match, still returned in ascending order.</summary>
    public bool Backwards { get; init; }

    /// <summary>The most entries of a page.</summary>
    public int Limit { get; init; } = 50;
}
