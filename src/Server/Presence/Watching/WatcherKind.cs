namespace PresenceXml.Server.Presence.Watching;

/// <summary>What kind of WATCHER somebody is (RFC 2778 §2.3). A POLLER is a fetcher of a certain behaviour: <see cref="WatcherRecord.IsPoller"/>.</summary>
public enum WatcherKind : byte
{
    /// <summary>Has, asks for, or had a subscription.</summary>
    Subscriber,

    /// <summary>Asks once, perhaps again.</summary>
    Fetcher,

    /// <summary>Asked for nothing: the presentity sent it directed presence (RFC 6121 §4.6).</summary>
    Directed,
}
