namespace PresenceXml.Server.Rules.Privacy;

/// <summary>What stanzas an item of a privacy list is about (XEP-0016 1.7 §2.1), as the owner of the list sees them.</summary>
[Flags]
public enum PrivacyKinds : byte
{
    None = 0,

    /// <summary>Messages that come in.</summary>
    Message = 1,

    /// <summary>Requests and answers that come in.</summary>
    Iq = 2,

    /// <summary>Notifications that come in.</summary>
    PresenceIn = 4,

    /// <summary>Notifications that go out.</summary>
    PresenceOut = 8,

    /// <summary>What no child of an item names: subscriptions, and messages and iqs that go out.</summary>
    Other = 16,

    /// <summary>An item without children.</summary>
    All = Message | Iq | PresenceIn | PresenceOut | Other,
}
