using static PresenceXml.Protocol.Roster.SubscriptionState;

namespace PresenceXml.Protocol.Roster;

/// <summary>The facts of a state (RFC 6121 Appendix A.1).</summary>
public static class SubscriptionStates
{
    /// <summary>The owner receives the contact's presence: To, To+PendingIn, Both.</summary>
    public static bool HasTo(this SubscriptionState state) => state is To or ToPendingIn or Both;

    /// <summary>The contact receives the owner's presence: From, From+PendingOut, Both.</summary>
    public static bool HasFrom(this SubscriptionState state) => state is From or FromPendingOut or Both;

    /// <summary>The owner has asked and not been answered (<c>ask='subscribe'</c>).</summary>
    public static bool HasPendingOut(this SubscriptionState state) => state is NonePendingOut or NonePendingOutIn or FromPendingOut;

    /// <summary>The contact has asked and not been answered.</summary>
    public static bool HasPendingIn(this SubscriptionState state) => state is NonePendingIn or NonePendingOutIn or ToPendingIn;

    /// <summary>The subscription attribute: none, to, from, both (RFC 6121 §2.1.2.5).</summary>
    public static string ToAttribute(this SubscriptionState state) => (state.HasTo(), state.HasFrom()) switch
    {
        (true, true) => "both",
        (true, false) => "to",
        (false, true) => "from",
        (false, false) => "none",
    };
}
