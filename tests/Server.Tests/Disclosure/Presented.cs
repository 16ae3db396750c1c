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
    /// <summary>There, and an access rule (RFC 5025) blocks who asks.</summary>
    RuleBlocking,
    /// <summary>Not there, and an access rule blocks who asks.</summary>
    RuleBlockingOffline,
    /// <summary>There, and an access rule blocks who asks politely: he is to think that it is off.</summary>
    PoliteBlocking,
    /// <summary>Not there, and an access rule blocks who asks politely.</summary>
    PoliteBlockingOffline,
    /// <summary>There, and an access rule has its owner asked first.</summary>
    Confirming,
    /// <summary>Not there, and a tuple of it holds meanwhile, shown as a resource.</summary>
    OnHoliday,
    /// <summary>Not there, and its delivery rules throw away what strangers send.</summary>
    Discarding,
    /// <summary>Not there, and its delivery rules file away what strangers send.</summary>
    Filing,
    /// <summary>Not there, and its delivery rules refuse what strangers send.</summary>
    Rejecting,
    /// <summary>There, and has messages only: its presence is switched off.</summary>
    WithoutPresence,
    /// <summary>There, and has presence only: its messages are switched off.</summary>
    WithoutMessages,
    /// <summary>There, and everything is switched off.</summary>
    WithoutBoth,
    /// <summary>It was there, had contacts and data, and was deleted.</summary>
    Deleted,
}
