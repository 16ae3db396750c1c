using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Rules.Access;

/// <summary>What the conditions of access rules look at: one watcher of one presentity at one moment.</summary>
internal readonly struct AccessQuestion
{
    /// <summary>The watcher, by whatever address he came.</summary>
    public required Jid Watcher { get; init; }

    /// <summary>The presentity's roster item of him, or null.</summary>
    public required RosterItem? Contact { get; init; }

    /// <summary>How sure it is that it is he.</summary>
    public required Strength Strength { get; init; }

    /// <summary>The moment that decides.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What the presentity says of where it is (RFC 4480 §3.10), or null.</summary>
    public required string? Sphere { get; init; }

    /// <summary>True for a POLLER (RFC 2778 §2.3).</summary>
    public required bool IsPoller { get; init; }

    /// <summary>How he wants to appear in watcher information.</summary>
    public required Visibility Visibility { get; init; }

    /// <summary>True when he comes from where people are not known (XEP-0175).</summary>
    public required bool IsAnonymous { get; init; }
}
