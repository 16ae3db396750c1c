using PresenceXml.Protocol;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>A query as the client wrote it (XEP-0313 1.1.3 §4), checked but for its ids, which only the archive knows.</summary>
internal sealed record ArchiveQuery
{
    /// <summary>What results name in return.</summary>
    public string? QueryId { get; init; }

    /// <summary>The other side: bare for all its resources.</summary>
    public Jid? With { get; init; }
    public DateTimeOffset? Start { get; init; }
    public DateTimeOffset? End { get; init; }
    public string? BeforeId { get; init; }
    public string? AfterId { get; init; }

    /// <summary>The box; "" for what lies in none.</summary>
    public string Box { get; init; } = "";

    /// <summary>These and no others, or null.</summary>
    public IReadOnlyList<string>? Ids { get; init; }
    public required PageRequest Page { get; init; }

    /// <summary>True when the last result of the page is sent first.</summary>
    public bool IsFlipped { get; init; }
}
