namespace PresenceXml.Cable.Judging;

/// <summary>What can be wrong. Each makes the run fail.</summary>
internal enum Verdict
{
    /// <summary>Acknowledged, and not where it has to be.</summary>
    Lost,

    /// <summary>There twice, or under two ids.</summary>
    Doubled,

    /// <summary>Not in the order in which it was sent or stored.</summary>
    Disordered,

    /// <summary>Not the text that was sent, without an id, or one that nobody sent.</summary>
    Altered,

    /// <summary>The server did not do as the protocol says.</summary>
    Protocol,

    /// <summary>The run did not come to its end.</summary>
    Stuck,
}
