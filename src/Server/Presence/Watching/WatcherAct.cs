namespace PresenceXml.Server.Presence.Watching;

/// <summary>What a watcher did, or what was done about it.</summary>
public enum WatcherAct : byte
{
    /// <summary>Asked for a subscription that waits for an answer.</summary>
    Asked,

    /// <summary>Asked for a subscription and was turned away by a rule.</summary>
    TurnedAway,

    /// <summary>Got a subscription.</summary>
    Approved,

    /// <summary>Was denied a subscription, or lost it, by the presentity.</summary>
    Rejected,

    /// <summary>Ended its own subscription.</summary>
    Left,

    /// <summary>Took its request back before it was answered.</summary>
    Withdrew,

    /// <summary>Fetched, and got an answer.</summary>
    Fetched,

    /// <summary>Fetched, and got nothing.</summary>
    FetchedInVain,

    /// <summary>Was sent directed presence.</summary>
    ToldDirectly,
}
