using PresenceXml.Protocol.Stanzas;
using static PresenceXml.Protocol.Roster.SubscriptionState;

namespace PresenceXml.Protocol.Roster;

/// <summary>
/// RFC 6121 Appendix A as pure tables: one row per state, one column per type in the order subscribe, unsubscribe, subscribed,
/// unsubscribed. Who is told of a change, and in which order, is §3's business and not the tables'.
/// </summary>
public static class SubscriptionMachine
{
    /// <summary>A cell: the state afterwards, and whether the stanza goes on its way.</summary>
    private readonly record struct Cell(SubscriptionState State, bool Pass);

    /// <summary>Appendix A.2.1 to A.2.4: what the owner sends.</summary>
    private static readonly Cell[,] OutboundTable =
    {
        { Go(NonePendingOut), Go(None), Stop(None), Stop(None) },
        { Go(NonePendingOut), Go(None), Stop(NonePendingOut), Stop(NonePendingOut) },
        { Go(NonePendingOutIn), Go(NonePendingIn), Go(From), Go(None) },
        { Go(NonePendingOutIn), Go(NonePendingIn), Go(FromPendingOut), Go(NonePendingOut) },
        { Go(To), Go(None), Stop(To), Stop(To) },
        { Go(ToPendingIn), Go(NonePendingIn), Go(Both), Go(To) },
        { Go(FromPendingOut), Go(From), Stop(From), Go(None) },
        { Go(FromPendingOut), Go(From), Stop(FromPendingOut), Go(NonePendingOut) },
        { Go(Both), Go(From), Stop(Both), Go(To) },
    };

    /// <summary>Appendix A.3.1 to A.3.4: what the contact sent.</summary>
    private static readonly Cell[,] InboundTable =
    {
        { Go(NonePendingIn), Stop(None), Stop(None), Stop(None) },
        { Go(NonePendingOutIn), Stop(NonePendingOut), Go(To), Go(None) },
        { Stop(NonePendingIn), Go(None), Stop(NonePendingIn), Stop(NonePendingIn) },
        { Stop(NonePendingOutIn), Go(NonePendingOut), Go(ToPendingIn), Go(NonePendingIn) },
        { Go(ToPendingIn), Stop(To), Stop(To), Go(None) },
        { Stop(ToPendingIn), Go(To), Stop(ToPendingIn), Go(NonePendingIn) },
        { Stop(From), Go(None), Stop(From), Stop(From) },
        { Stop(FromPendingOut), Go(NonePendingOut), Go(Both), Go(From) },
        { Stop(Both), Go(To), Stop(Both), Go(From) },
    };

    /// <summary>The owner sends a subscription stanza to the contact (Appendix A.2).</summary>
    /// <param name="state">The owner's state for the contact; None when there is none.</param>
    /// <param name="type">What is sent.</param>
    /// <param name="approved">The contact is pre-approved (§3.4).</param>
    public static SubscriptionStep Outbound(SubscriptionState state, SubscribeType type, bool approved)
    {
        Cell cell = OutboundTable[(int)state, Column(type)];
        bool? approval = type switch
        {
            // §3.4.2: "subscribed" where nothing was asked and nothing granted is a pre-approval.
            SubscribeType.Subscribed when !cell.Pass && !state.HasFrom() && !approved => true,
            // §3.4.2 and Appendix A.2.4: "unsubscribed" takes it back; also together with a granted subscription, or the next
            // request of the contact just turned away would be granted unseen.
            SubscribeType.Unsubscribed when approved => false,
            _ => null,
        };
        return new SubscriptionStep(cell.State, cell.Pass, Approval: approval);
    }

    /// <summary>A subscription stanza of the contact arrives for the owner (Appendix A.3).</summary>
    /// <param name="state">The owner's state for the contact; None when there is none.</param>
    /// <param name="type">What arrived.</param>
    /// <param name="approved">The contact is pre-approved (§3.4): a request is then granted at once and not shown.</param>
    public static SubscriptionStep Inbound(SubscriptionState state, SubscribeType type, bool approved)
    {
        Cell cell = InboundTable[(int)state, Column(type)];
        return type switch
        {
            // §3.1.3: the contact has what it asks for, so the server itself says so again.
            SubscribeType.Subscribe when state.HasFrom() => new SubscriptionStep(cell.State, false, SubscribeType.Subscribed),
            // §3.4.2: granted in advance.
            SubscribeType.Subscribe when approved => new SubscriptionStep(Granted(state), false, SubscribeType.Subscribed),
            // Appendix A.3.2: the server itself confirms the end. The confirmation changes nothing at the other side and is never answered.
            // Not to a stranger who only asked: an account that does not exist says nothing either, and the two must look alike (RFC 6120 §13.11).
            SubscribeType.Unsubscribe when cell.Pass && state != NonePendingIn => new SubscriptionStep(cell.State, true, SubscribeType.Unsubscribed),
            _ => new SubscriptionStep(cell.State, cell.Pass),
        };
    }

    private static SubscriptionState Granted(SubscriptionState state) => state switch
    {
        None or NonePendingIn => From,
        NonePendingOut or NonePendingOutIn => FromPendingOut,
        To or ToPendingIn => Both,
        _ => state,
    };

    /// <summary>The columns stand in the order of the RFC's tables, which is not that of the enumeration.</summary>
    private static int Column(SubscribeType type) => type switch
    {
        SubscribeType.Subscribe => 0,
        SubscribeType.Unsubscribe => 1,
        SubscribeType.Subscribed => 2,
        SubscribeType.Unsubscribed => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static Cell Go(SubscriptionState state) => new(state, true);

    private static Cell Stop(SubscriptionState state) => new(state, false);
}
