namespace PresenceXml.Server.Federation;

/// <summary>What a link is doing.</summary>
internal enum LinkState
{
    /// <summary>Nothing: there is nothing to send, and no stream.</summary>
    Idle,

    /// <summary>Other links are being opened, and this one waits for its turn.</summary>
    Waiting,

    /// <summary>It is being opened.</summary>
    Opening,

    /// <summary>Stanzas are sent as they come.</summary>
    Open,

    /// <summary>It could not be opened and is not tried for a while; what is to be sent is refused.</summary>
    Pausing,
}
