namespace PresenceXml.Server.Presence.Watching;

/// <summary>What brought a watcher to its status (RFC 3857 §4.7.1, RFC 3858 §4.1 <c>event</c>).</summary>
public enum WatcherCause : byte
{
    /// <summary>It asked.</summary>
    Subscribe,

    /// <summary>The presentity, or a rule of it, said yes.</summary>
    Approved,

    /// <summary>The presentity, or a rule of it, said no, or took it back.</summary>
    Rejected,

    /// <summary>It gave up what it had, or its request.</summary>
    Timeout,
}
