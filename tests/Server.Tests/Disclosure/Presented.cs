namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>What an account is like that somebody asks about. A new way to hide adds its state here and in <see cref="DisclosureScene"/>.</summary>
public enum Presented
{
    /// <summary>Nobody ever registered it.</summary>
    Absent,
    /// <summary>Registered, never there.</summary>
    NeverThere,
    /// <summary>It was there, and left with a word.</summary>
    Offline,
    /// <summary>A resource is available.</summary>
    Online,
    /// <summary>A resource is connected and has said nothing.</summary>
    Silent,
    /// <summary>A resource is available and takes no messages.</summary>
    Negative,
    /// <summary>There, and others watch it.</summary>
    Watched,
    /// <summary>It watches somebody else, who is there.</summary>
    Watching,
    /// <summary>There, and has blocked who asks.</summary>
    Blocking,
    /// <summary>Not there, and has blocked who asks.</summary>
    BlockingOffline,
    /// <summary>It was there, had contacts and data, and was deleted.</summary>
    Deleted,
}
