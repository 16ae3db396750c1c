using PresenceXml.Protocol.Roster;
using static PresenceXml.Protocol.Roster.SubscriptionState;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>
/// What RFC 6121 §3 and Appendix A say must be seen when a subscription stanza is sent between two accounts of ours, written down anew
/// from the RFC's text and in its words, so that it can disagree with the server's own tables.
/// </summary>
internal sealed class SubscriptionOracle(SubscriptionOracle.Side sender, SubscriptionOracle.Side receiver)
{
    // Per state and type: the state afterwards; "-" in front: not routed, not delivered.
    private static readonly Dictionary<string, string> Outbound = Table("""
                subscribe   unsubscribe  subscribed  unsubscribed
        N       N+O         N            -N          -N
        N+O     N+O         N            -N+O        -N+O
        N+I     N+OI        N+I          F           N
        N+OI    N+OI        N+I          F+O         N+O
        T       T           N            -T          -T
        T+I     T+I         N+I          B           T
        F       F+O         F            -F          N
        F+O     F+O         F            -F+O        N+O
        B       B           F            -B          T
        """);

    private static readonly Dictionary<string, string> Inbound = Table("""
                subscribe   unsubscribe  subscribed  unsubscribed
        N       N+I         -N           -N          -N
        N+O     N+OI        -N+O         T           N
        N+I     -N+I        N            -N+I        -N+I
        N+OI    -N+OI       N+O          T+I         N+I
        T       T+I         -T           -T          N
        T+I     -T+I        T            -T+I        N+I
        F       -F          N            -F          -F
        F+O     -F+O        N+O          B           F
        B       -B          T            -B          F
        """);

    private static readonly string[] Names = ["N", "N+O", "N+I", "N+OI", "T", "T+I", "F", "F+O", "B"];

    /// <summary>One account: its state for the other, and what its resources are to see, in order.</summary>
    internal sealed class Side(string account, SubscriptionState state, bool approved)
    {
        public string Account { get; } = account;
        public SubscriptionState State { get; set; } = state;
        public bool Approved { get; set; } = approved;
        public bool InRoster { get; set; } = approved || state is not (None or NonePendingIn);

        /// <summary>What a resource sees that is available and interested; what comes to the others is part of it.</summary>
        public List<Seen> Events { get; } = [];

        public string Item => !InRoster ? "none to be seen"
            : $"{State.ToAttribute()}{(State.HasPendingOut() ? " ask" : "")}{(Approved ? " approved" : "")}";
    }

    /// <param name="What">In short.</param>
    /// <param name="ToAvailable">To resources that have sent presence.</param>
    /// <param name="ToInterested">To resources that have asked for the roster.</param>
    internal readonly record struct Seen(string What, bool ToAvailable, bool ToInterested);

    public static SubscriptionState Mirror(SubscriptionState state) => state switch
    {
        NonePendingOut => NonePendingIn,
        NonePendingIn => NonePendingOut,
        To => From,
        ToPendingIn => FromPendingOut,
        From => To,
        FromPendingOut => ToPendingIn,
        _ => state,
    };

    /// <summary>What Appendix A.2 says: the state afterwards, and whether the stanza is routed.</summary>
    public static (SubscriptionState State, bool IsRouted) Sends(SubscriptionState state, string type) => Read(Outbound, state, type);

    /// <summary>What Appendix A.3 says: the state afterwards, and whether the stanza is delivered.</summary>
    public static (SubscriptionState State, bool IsDelivered) Receives(SubscriptionState state, string type) => Read(Inbound, state, type);

    public static string Name(SubscriptionState state) => Names[(int)state];

    public void Send(string type)
    {
        (SubscriptionState next, bool isRouted) = Read(Outbound, sender.State, type);
        bool losesSubscriber = sender.State.HasFrom() && !next.HasFrom();
        bool winsSubscriber = !sender.State.HasFrom() && next.HasFrom();
        string before = sender.Item;
        if (type == "subscribed" && !isRouted && !sender.State.HasFrom())
            sender.Approved = true; // [b]
        if (type == "unsubscribed")
            sender.Approved = false; // [c]
        sender.State = next;
        sender.InRoster |= sender.Approved || next is not (None or NonePendingIn);
        if (losesSubscriber)
            Presence(sender, receiver, "unavailable"); // [e]
        Push(sender, before);
        if (!isRouted)
            return;
        Receive(sender, receiver, type);
        if (winsSubscriber)
            Presence(sender, receiver, "available"); // [d]
    }

    // The receiver's server, and its automatic answer back.
    private static void Receive(Side from, Side to, string type)
    {
        string before = to.Item;
        (SubscriptionState next, bool isDelivered) = Read(Inbound, to.State, type);
        bool isGranted = type == "subscribe" && (to.State.HasFrom() || to.Approved); // [f], [h]
        if (isGranted)
        {
            to.State = to.State.HasTo() ? Both : to.State.HasPendingOut() ? FromPendingOut : From;
            Push(to, before);
            Receive(to, from, "subscribed");
            Presence(to, from, "available");
            return;
        }
        bool losesSubscriber = to.State.HasFrom() && !next.HasFrom();
        if (isDelivered)
            to.Events.Add(new Seen($"{type} from {from.Account}", type == "subscribe", type != "subscribe"));
        if (losesSubscriber)
            Presence(to, from, "unavailable"); // [i]
        to.State = next;
        to.InRoster |= next.HasTo() || next.HasFrom();
        Push(to, before);
        if (type == "unsubscribe" && isDelivered)
            Receive(to, from, "unsubscribed"); // [i]
    }

    private static void Push(Side side, string before)
    {
        if (side.Item != before)
            side.Events.Add(new Seen($"push {side.Item}", false, true));
    }

    // Of each available resource.
    private static void Presence(Side from, Side to, string type)
    {
        foreach (string resource in new[] { "both", "available" })
            to.Events.Add(new Seen($"{type} from {from.Account}/{resource}", true, false));
    }

    private static (SubscriptionState State, bool Goes) Read(Dictionary<string, string> table, SubscriptionState state, string type)
    {
        string cell = table[$"{Name(state)} {type}"];
        return ((SubscriptionState)Array.IndexOf(Names, cell.TrimStart('-')), cell[0] != '-');
    }

    private static Dictionary<string, string> Table(string text)
    {
        string[][] rows = [.. text.Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        var cells = new Dictionary<string, string>();
        foreach (string[] row in rows.Skip(1))
        {
            for (int column = 1; column < row.Length; column++)
                cells[$"{row[0]} {rows[0][column - 1]}"] = row[column];
        }
        return cells;
    }
}
