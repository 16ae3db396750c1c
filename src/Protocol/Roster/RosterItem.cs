namespace PresenceXml.Protocol.Roster;

/// <summary>The nine subscription states (RFC 6121 Appendix A.1), seen by the owner of the roster.</summary>
public enum SubscriptionState { None, NonePendingOut, NonePendingIn, NonePendingOutIn, To, ToPendingIn, From, FromPendingOut, Both }

/// <summary>One contact (RFC 6121 §2.1.2).</summary>
public sealed record RosterItem(Jid Jid)
{
    /// <summary>The handle, null when none.</summary>
    public string? Name { get; init; }
    public IReadOnlyList<string> Groups { get; init; } = [];
    public SubscriptionState State { get; init; }

    /// <summary>Pre-approved (RFC 6121 §3.4).</summary>
    public bool Approved { get; init; }

    /// <summary>False while the contact is here only for a pending inbound request the owner never put on the roster; such an item is never shown (RFC 6121 A.1).</summary>
    public bool InRoster { get; init; }

    /// <summary>The complete pending inbound subscribe stanza, canonical, delivered until answered (RFC 6121 §3.1.3).</summary>
    public ReadOnlyMemory<byte>? PendingRequest { get; init; }

    /// <summary>
    /// Not null while the contact has a subscription (From or Both) and access rules withhold all presence from it (RFC 5025 §3.2.1, polite-block and
    /// confirm): what it was told last, the owner's unavailable presence as of that moment; empty when it never saw anything.
    /// </summary>
    public ReadOnlyMemory<byte>? Withheld { get; init; }

    /// <summary>The roster version at which this item was last changed (RFC 6121 §2.6).</summary>
    public long Version { get; init; }
}
