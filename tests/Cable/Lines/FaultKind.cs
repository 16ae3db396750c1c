namespace PresenceXml.Cable.Lines;

/// <summary>What can happen to a line. The order of the names is the order of the report.</summary>
internal enum FaultKind
{
    /// <summary>Both ends get a TCP reset.</summary>
    Reset,

    /// <summary>Both ends get a FIN, without the end of the stream.</summary>
    Close,

    /// <summary>The server gets a reset; the client hears nothing.</summary>
    ResetAtServer,

    /// <summary>The client gets a reset; the server hears nothing.</summary>
    ResetAtClient,

    /// <summary>The same, and what was on its way to the server arrives there afterwards.</summary>
    ResetAtClientLateBytes,

    /// <summary>Neither end hears anything: bytes vanish from now on.</summary>
    BlackHole,

    /// <summary>The server gets a FIN while its own bytes still arrive; the end comes later.</summary>
    HalfCloseToServer,

    /// <summary>The client gets a FIN while its own bytes still arrive; the end comes later.</summary>
    HalfCloseToClient,

    /// <summary>Bytes to the server are held for a while and then go on.</summary>
    StallToServer,

    /// <summary>Bytes to the client are held for a while and then go on.</summary>
    StallToClient,

    /// <summary>Bytes in both directions are held for a while and then go on.</summary>
    StallBoth,

    /// <summary>Bytes in both directions are held for a while, then lost with the line.</summary>
    StallThenReset,

    /// <summary>Each piece takes longer for a while.</summary>
    Delay,

    /// <summary>A few bytes at a time for a while.</summary>
    Trickle,
}
