namespace PresenceXml.Server.Federation;

/// <summary>A link as it is at one moment, for the operator.</summary>
/// <param name="Pair">Between whom.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Since">Since when.</param>
/// <param name="Waiting">Stanzas that wait to be sent.</param>
/// <param name="Unconfirmed">Stanzas that were sent, and of which it is not known that they arrived.</param>
/// <param name="Counts">What became of stanzas so far.</param>
/// <param name="Failure">Why it was last lost, or could not be opened; null: it never was.</param>
/// <param name="Trace">What was done to open it the last time, in sentences.</param>
/// <param name="IsAlive">True when it was open, or the other server heard, and it did not fail since.</param>
internal sealed record LinkReport(
    DomainPair Pair, LinkState State, DateTimeOffset Since, int Waiting, int Unconfirmed, LinkCounts Counts, LinkFailure? Failure, IReadOnlyList<string> Trace, bool IsAlive)
{
    /// <summary>How the stream that carries it was proven, and what it can do; null while there is none.</summary>
    public LinkManner? Manner { get; init; }

    /// <summary>While it pauses: when it may be tried again.</summary>
    public DateTimeOffset? PausedUntil { get; init; }

    /// <summary>Of a domain from which something came, and to which nothing went.</summary>
    public static LinkReport Of(DomainPair pair, DateTimeOffset now) => new(pair, LinkState.Idle, now, 0, 0, default, null, [], false);
}
