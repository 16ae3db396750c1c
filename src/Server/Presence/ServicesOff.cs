namespace PresenceXml.Server.Presence;

/// <summary>
/// What an account has not: RFC 2778 keeps PRESENCE SERVICE and INSTANT MESSAGE SERVICE apart, and RFC 2779 §2.1.1 wants either to be had without
/// the other.
/// </summary>
[Flags]
public enum ServicesOff
{
    /// <summary>It has both, as nearly all have.</summary>
    None = 0,

    /// <summary>It is no presentity and no watcher: nobody learns of its presence, and it learns of nobody's.</summary>
    Presence = 1,

    /// <summary>It has no instant inbox, and sends nothing.</summary>
    Messages = 2,
}
