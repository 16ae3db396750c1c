namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What a delivery rule can do. The first four decide where the stanza goes; the first that says so holds.</summary>
internal enum DeliveryActionKind
{
    /// <summary>Delivers it as ever, whatever later rules say.</summary>
    Keep,

    /// <summary>Puts it into a box of the log.</summary>
    FileInto,

    /// <summary>Refuses it.</summary>
    Reject,

    /// <summary>Lets it vanish; its sender sees what he sees of one that was delivered.</summary>
    Discard,

    /// <summary>Marks it.</summary>
    Flag,

    /// <summary>Stores it and sends it to nobody who is there now.</summary>
    Quiet,

    /// <summary>Sends it to some resources only.</summary>
    DeliverTo,

    /// <summary>Answers its sender.</summary>
    Reply,

    /// <summary>Sends a copy of it on.</summary>
    Redirect,

    /// <summary>Reports it (XEP-0377).</summary>
    Report,

    /// <summary>No further rule is looked at.</summary>
    Stop,
}
