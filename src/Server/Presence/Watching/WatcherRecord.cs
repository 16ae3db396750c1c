using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Server.Rules;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>What is known of one watcher of one presentity. Immutable. Of a subscriber the roster knows more: see <see cref="WatcherReader"/>.</summary>
public sealed record WatcherRecord
{
    /// <summary>Who; a bare JID.</summary>
    public required Jid Watcher { get; init; }

    public WatcherKind Kind { get; init; }

    public WatcherStatus Status { get; init; }

    public WatcherCause Cause { get; init; }

    /// <summary>When it was first noted.</summary>
    public required DateTimeOffset First { get; init; }

    /// <summary>When it last asked, or was told something by itself.</summary>
    public required DateTimeOffset Last { get; init; }

    /// <summary>Since when it has its status.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How often it asked: requests, fetches and directed presence together.</summary>
    public long Count { get; init; }

    /// <summary>How often it took back a subscription or a request: subscribe, look, cancel.</summary>
    public int Cycles { get; init; }

    /// <summary>The last fetches, in milliseconds since 1970, ascending.</summary>
    public ImmutableArray<long> Fetches { get; init; } = [];

    /// <summary>The gap between its fetches when it is a POLLER.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How sure it was who it is, the last time.</summary>
    public Strength Strength { get; init; }

    /// <summary>It got nothing for its last request.</summary>
    public bool IsRefused { get; init; }

    /// <summary>It ended its subscription or its request itself.</summary>
    public bool HasLeft { get; init; }

    /// <summary>How it wanted to appear, the last time.</summary>
    public Visibility Wish { get; init; } = Visibility.Full;

    /// <summary>When a fetch was last answered; in memory only.</summary>
    internal DateTimeOffset Answered { get; init; }

    public bool IsPoller => Interval is not null;

    /// <summary>How it appears (docs/protocol/visibility.md): a request has to be seen to be answered, and neither refused attempts nor pollers vanish wholly.</summary>
    public Visibility Shown =>
        Status == WatcherStatus.Pending ? Visibility.Full
        : Wish == Visibility.None && (IsRefused || IsPoller) ? Visibility.Count
        : Wish;

    /// <summary>One that is seen for the first time.</summary>
    internal static WatcherRecord New(Jid watcher, DateTimeOffset now) => new() { Watcher = watcher, Kind = WatcherKind.Directed, First = now, Last = now, Since = now };

    internal WatcherRecord After(in WatcherEvent happened, DateTimeOffset now)
    {
        WatcherRecord next = this with
        {
            Last = now,
            Strength = happened.Strength == Strength.None ? Strength : happened.Strength,
            Wish = happened.Wish ?? Wish,
        };
        return happened.Act switch
        {
            WatcherAct.Asked => next.Subscription(WatcherStatus.Pending, WatcherCause.Subscribe) with { Count = Count + 1 },
            WatcherAct.TurnedAway => next.Subscription(WatcherStatus.Terminated, WatcherCause.Rejected) with { Count = Count + 1, IsRefused = true },
            WatcherAct.Approved => next.Subscription(WatcherStatus.Active, WatcherCause.Approved),
            // Not what the watcher did: its own times stay.
            WatcherAct.Rejected => next.Subscription(WatcherStatus.Terminated, WatcherCause.Rejected) with { Last = Last, IsRefused = Status == WatcherStatus.Pending },
            WatcherAct.Left => next.Subscription(WatcherStatus.Terminated, WatcherCause.Timeout) with { Cycles = Cycles + 1, HasLeft = true },
            WatcherAct.Withdrew => next.Subscription(WatcherStatus.Waiting, WatcherCause.Timeout) with { Cycles = Cycles + 1, HasLeft = true },
            WatcherAct.Fetched => next.Fetch(WatcherStatus.Active, WatcherCause.Approved, now),
            WatcherAct.FetchedInVain => next.Fetch(WatcherStatus.Waiting, WatcherCause.Subscribe, now) with { IsRefused = true },
            WatcherAct.ToldDirectly => (Kind == WatcherKind.Directed ? next.At(WatcherStatus.Active, WatcherCause.Approved) : next) with { Count = Count + 1 },
            _ => next,
        };
    }

    /// <summary>What was stored (this), and what was noted since then, before it was read.</summary>
    internal WatcherRecord Before(WatcherRecord later)
    {
        // Who only fetched since then is still what he was.
        bool isSubscriber = Kind == WatcherKind.Subscriber && later.Kind != WatcherKind.Subscriber;
        ImmutableArray<long> fetches = Latest([.. Fetches, .. later.Fetches]);
        return later with
        {
            Kind = isSubscriber ? Kind : later.Kind,
            Status = isSubscriber ? Status : later.Status,
            Cause = isSubscriber ? Cause : later.Cause,
            HasLeft = isSubscriber ? HasLeft : later.HasLeft,
            Since = isSubscriber || Status == later.Status ? Since : later.Since,
            First = First,
            Count = Count + later.Count,
            Cycles = Cycles + later.Cycles,
            Fetches = fetches,
            Interval = later.Fetches.IsEmpty ? Interval : PollerDetector.IntervalOf(fetches.AsSpan()),
            Strength = later.Strength == Strength.None ? Strength : later.Strength,
        };
    }

    private WatcherRecord Subscription(WatcherStatus status, WatcherCause cause) =>
        At(status, cause) with { Kind = WatcherKind.Subscriber, IsRefused = false, HasLeft = false };

    // A subscriber, also a former one, stays what it is: subscribe-then-cancel is not washed away by a fetch.
    private WatcherRecord Fetch(WatcherStatus status, WatcherCause cause, DateTimeOffset now)
    {
        ImmutableArray<long> fetches = Latest([.. Fetches, now.ToUnixTimeMilliseconds()]);
        WatcherRecord next = Kind == WatcherKind.Subscriber ? this : At(status, cause) with { Kind = WatcherKind.Fetcher };
        return next with { Count = Count + 1, Fetches = fetches, Interval = PollerDetector.IntervalOf(fetches.AsSpan()), IsRefused = false };
    }

    private WatcherRecord At(WatcherStatus status, WatcherCause cause) =>
        this with { Status = status, Cause = cause, Since = status == Status && Count > 0 ? Since : Last };

    private static ImmutableArray<long> Latest(ImmutableArray<long> fetches) =>
        fetches.Length <= PollerDetector.Remembered ? fetches : fetches[^PollerDetector.Remembered..];
}
