using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Protocol.Tests.Roster;

/// <summary>Two rosters that face each other, each stanza and its answers delivered before the next is sent.</summary>
public sealed class SubscriptionPairTests
{
    private sealed class Side
    {
        public SubscriptionState State { get; set; }
        public bool Approved { get; set; }
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public bool Both_sides_always_agree((bool FromRomeo, SubscribeType Type)[] sent)
    {
        var romeo = new Side();
        var juliet = new Side();
        foreach ((bool fromRomeo, SubscribeType type) in sent)
        {
            Send(fromRomeo ? romeo : juliet, fromRomeo ? juliet : romeo, type);
            if (!Enum.IsDefined(romeo.State) || !Enum.IsDefined(juliet.State)) return false;
            if (romeo.State.HasTo() != juliet.State.HasFrom() || juliet.State.HasTo() != romeo.State.HasFrom()) return false;
            if (romeo.State.HasPendingOut() != juliet.State.HasPendingIn() || juliet.State.HasPendingOut() != romeo.State.HasPendingIn()) return false;
        }
        return true;
    }

    [Test]
    public void No_answer_is_answered()
    {
        foreach (SubscriptionState state in Enum.GetValues<SubscriptionState>())
        {
            foreach (bool approved in new[] { false, true })
            {
                foreach (SubscribeType type in Enum.GetValues<SubscribeType>())
                {
                    if (SubscriptionMachine.Inbound(state, type, approved).AutoReply is not { } reply) continue;
                    foreach (SubscriptionState other in Enum.GetValues<SubscriptionState>())
                    {
                        Assert.That(SubscriptionMachine.Inbound(other, reply, approved: true).AutoReply, Is.Null);
                        Assert.That(SubscriptionMachine.Inbound(other, reply, approved: false).AutoReply, Is.Null);
                    }
                }
            }
        }
    }

    private static void Send(Side from, Side to, SubscribeType type)
    {
        SubscriptionStep outbound = SubscriptionMachine.Outbound(from.State, type, from.Approved);
        from.State = outbound.State;
        from.Approved = outbound.Approval ?? from.Approved;
        if (!outbound.Pass) return;
        SubscriptionStep inbound = SubscriptionMachine.Inbound(to.State, type, to.Approved);
        to.State = inbound.State;
        if (inbound.AutoReply is not { } reply) return;
        SubscriptionStep answered = SubscriptionMachine.Inbound(from.State, reply, from.Approved);
        from.State = answered.State;
        Assert.That(answered.AutoReply, Is.Null);
    }
}
