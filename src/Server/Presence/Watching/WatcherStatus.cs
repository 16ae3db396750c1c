namespace PresenceXml.Server.Presence.Watching;

/// <summary>Where a watcher stands (RFC 3857 §4.7.1, RFC 3858 §4.1 <c>status</c>).</summary>
public enum WatcherStatus : byte
{
    /// <summary>Its request waits for the presentity's answer.</summary>
    Pending,

    /// <summary>It gets presence, or did when it last asked.</summary>
    Active,

    /// <summary>It asked and got nothing; kept so that the presentity learns of it.</summary>
    Waiting,

    /// <summary>It gets nothing any more.</summary>
    Terminated,
}
