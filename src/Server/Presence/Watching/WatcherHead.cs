using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Server.Rules;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>What access rules ask of a watcher before its record was read; kept of pollers and of those that hide, for the others are as one expects.</summary>
internal readonly record struct WatcherMark(bool IsPoller, Visibility Shown);

/// <summary>What is read of an account's watchers with the account itself: little, and nothing where there was never a watcher. Immutable.</summary>
internal sealed record WatcherHead
{
    /// <summary>Of an account of which nothing is stored.</summary>
    public static readonly WatcherHead Empty = new();

    /// <summary>Of the watcher information (RFC 3858 §4.1): one more with each change that its owner can be told.</summary>
    public long Version { get; init; }

    /// <summary>For how long watchers are listed, in days; 0: as the server is set.</summary>
    public int Days { get; init; }

    /// <summary>How many strangers were forgotten since there were too many.</summary>
    public long Dropped { get; init; }

    /// <summary>The last broadcast, in milliseconds since 1970: all who were subscribed then have received it. 0: none is known of.</summary>
    public long Broadcast { get; init; }

    /// <summary>The owner wants a virtual contact for each watcher.</summary>
    public bool Contacts { get; init; }

    public ImmutableDictionary<Jid, WatcherMark> Marks { get; init; } = ImmutableDictionary<Jid, WatcherMark>.Empty;
}
