using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Protocol.Tests.Roster;

/// <summary>Every cell of RFC 6121 Appendix A.2 and A.3, table by table in the RFC's own order and words.</summary>
public sealed class SubscriptionMachineTests
{
    private const string Same = "no state change";

    private static readonly Dictionary<string, SubscriptionState> States = new()
    {
        ["None"] = SubscriptionState.None,
        ["None + Pending Out"] = SubscriptionState.NonePendingOut,
        ["None + Pending In"] = SubscriptionState.NonePendingIn,
        ["None + Pending Out+In"] = SubscriptionState.NonePendingOutIn,
        ["To"] = SubscriptionState.To,
        ["To + Pending In"] = SubscriptionState.ToPendingIn,
        ["From"] = SubscriptionState.From,
        ["From + Pending Out"] = SubscriptionState.FromPendingOut,
        ["Both"] = SubscriptionState.Both,
    };

    // A.2.1
    [TestCase("None", "MUST", "None + Pending Out")]
    [TestCase("None + Pending Out", "MUST", Same)]
    [TestCase("None + Pending In", "MUST", "None + Pending Out+In")]
    [TestCase("None + Pending Out+In", "MUST", Same)]
    [TestCase("To", "MUST", Same)]
    [TestCase("To + Pending In", "MUST", Same)]
    [TestCase("From", "MUST", "From + Pending Out")]
    [TestCase("From + Pending Out", "MUST", Same)]
    [TestCase("Both", "MUST", Same)]
    public void A_2_1_outbound_subscribe(string state, string route, string newState) =>
        AssertOutbound(SubscribeType.Subscribe, state, route, newState, approval: null);

    // A.2.2
    [TestCase("None", "MUST", Same)]
    [TestCase("None + Pending Out", "MUST", "None")]
    [TestCase("None + Pending In", "MUST", Same)]
    [TestCase("None + Pending Out+In", "MUST", "None + Pending In")]
    [TestCase("To", "MUST", "None")]
    [TestCase("To + Pending In", "MUST", "None + Pending In")]
    [TestCase("From", "MUST", Same)]
    [TestCase("From + Pending Out", "MUST", "From")]
    [TestCase("Both", "MUST", "From")]
    public void A_2_2_outbound_unsubscribe(string state, string route, string newState) =>
        AssertOutbound(SubscribeType.Unsubscribe, state, route, newState, approval: null);

    // A.2.3; the last column is §3.4.2
    [TestCase("None", "MUST NOT", Same, true)]
    [TestCase("None + Pending Out", "MUST NOT", Same, true)]
    [TestCase("None + Pending In", "MUST", "From", null)]
    [TestCase("None + Pending Out+In", "MUST", "From + Pending Out", null)]
    [TestCase("To", "MUST NOT", Same, true)]
    [TestCase("To + Pending In", "MUST", "Both", null)]
    [TestCase("From", "MUST NOT", Same, null)]
    [TestCase("From + Pending Out", "MUST NOT", Same, null)]
    [TestCase("Both", "MUST NOT", Same, null)]
    [Property("Spec", "U-13")]
    public void A_2_3_outbound_subscribed(string state, string route, string newState, bool? approval) =>
        AssertOutbound(SubscribeType.Subscribed, state, route, newState, approval);

    // A.2.4
    [TestCase("None", "SHOULD NOT", Same)]
    [TestCase("None + Pending Out", "SHOULD NOT", Same)]
    [TestCase("None + Pending In", "MUST", "None")]
    [TestCase("None + Pending Out+In", "MUST", "None + Pending Out")]
    [TestCase("To", "SHOULD NOT", Same)]
    [TestCase("To + Pending In", "MUST", "To")]
    [TestCase("From", "MUST", "None")]
    [TestCase("From + Pending Out", "MUST", "None + Pending Out")]
    [TestCase("Both", "MUST", "To")]
    public void A_2_4_outbound_unsubscribed(string state, string route, string newState)
    {
        AssertOutbound(SubscribeType.Unsubscribed, state, route, newState, approval: null);
        Assert.That(SubscriptionMachine.Outbound(States[state], SubscribeType.Unsubscribed, approved: true).Approval, Is.False, "§3.4.2: a pre-approval is taken back");
    }

    // A.3.1; the last column is §3.1.3: what the contact already has is said again by the server
    [TestCase("None", "MUST", "None + Pending In", null)]
    [TestCase("None + Pending Out", "MUST", "None + Pending Out+In", null)]
    [TestCase("None + Pending In", "SHOULD NOT", Same, null)]
    [TestCase("None + Pending Out+In", "SHOULD NOT", Same, null)]
    [TestCase("To", "MUST", "To + Pending In", null)]
    [TestCase("To + Pending In", "SHOULD NOT", Same, null)]
    [TestCase("From", "SHOULD NOT", Same, SubscribeType.Subscribed)]
    [TestCase("From + Pending Out", "SHOULD NOT", Same, SubscribeType.Subscribed)]
    [TestCase("Both", "SHOULD NOT", Same, SubscribeType.Subscribed)]
    public void A_3_1_inbound_subscribe(string state, string deliver, string newState, SubscribeType? reply) =>
        AssertInbound(SubscribeType.Subscribe, state, deliver, newState, reply);

    // A.3.2; the last column is its note: the server itself answers a cancellation (a SHOULD), but to a stranger, whom no answer must tell that there is somebody
    [TestCase("None", "SHOULD NOT", Same, null)]
    [TestCase("None + Pending Out", "SHOULD NOT", Same, null)]
    [TestCase("None + Pending In", "MUST", "None", null)]
    [TestCase("None + Pending Out+In", "MUST", "None + Pending Out", SubscribeType.Unsubscribed)]
    [TestCase("To", "SHOULD NOT", Same, null)]
    [TestCase("To + Pending In", "MUST", "To", SubscribeType.Unsubscribed)]
    [TestCase("From", "MUST", "None", SubscribeType.Unsubscribed)]
    [TestCase("From + Pending Out", "MUST", "None + Pending Out", SubscribeType.Unsubscribed)]
    [TestCase("Both", "MUST", "To", SubscribeType.Unsubscribed)]
    public void A_3_2_inbound_unsubscribe(string state, string deliver, string newState, SubscribeType? reply) =>
        AssertInbound(SubscribeType.Unsubscribe, state, deliver, newState, reply);

    // A.3.3
    [TestCase("None", "SHOULD NOT", Same)]
    [TestCase("None + Pending Out", "MUST", "To")]
    [TestCase("None + Pending In", "SHOULD NOT", Same)]
    [TestCase("None + Pending Out+In", "MUST", "To + Pending In")]
    [TestCase("To", "SHOULD NOT", Same)]
    [TestCase("To + Pending In", "SHOULD NOT", Same)]
    [TestCase("From", "SHOULD NOT", Same)]
    [TestCase("From + Pending Out", "MUST", "Both")]
    [TestCase("Both", "SHOULD NOT", Same)]
    [Property("Spec", "U-11")]
    public void A_3_3_inbound_subscribed(string state, string deliver, string newState) =>
        AssertInbound(SubscribeType.Subscribed, state, deliver, newState, reply: null);

    // A.3.4
    [TestCase("None", "SHOULD NOT", Same)]
    [TestCase("None + Pending Out", "MUST", "None")]
    [TestCase("None + Pending In", "SHOULD NOT", Same)]
    [TestCase("None + Pending Out+In", "MUST", "None + Pending In")]
    [TestCase("To", "MUST", "None")]
    [TestCase("To + Pending In", "MUST", "None + Pending In")]
    [TestCase("From", "SHOULD NOT", Same)]
    [TestCase("From + Pending Out", "MUST", "From")]
    [TestCase("Both", "MUST", "From")]
    [Property("Spec", "U-11")]
    public void A_3_4_inbound_unsubscribed(string state, string deliver, string newState) =>
        AssertInbound(SubscribeType.Unsubscribed, state, deliver, newState, reply: null);

    [TestCase("None", "From")]
    [TestCase("None + Pending Out", "From + Pending Out")]
    [TestCase("To", "Both")]
    [TestCase("None + Pending In", "From")]
    [TestCase("None + Pending Out+In", "From + Pending Out")]
    [TestCase("To + Pending In", "Both")]
    [TestCase("From", "From")]
    [TestCase("From + Pending Out", "From + Pending Out")]
    [TestCase("Both", "Both")]
    [Property("Spec", "U-13")]
    public void Section_3_4_2_a_pre_approved_request_is_granted_and_not_shown(string state, string newState) =>
        Assert.That(
            SubscriptionMachine.Inbound(States[state], SubscribeType.Subscribe, approved: true),
            Is.EqualTo(new SubscriptionStep(States[newState], false, SubscribeType.Subscribed)));

    [Test]
    public void A_pre_approval_changes_no_other_inbound_cell()
    {
        foreach (SubscriptionState state in States.Values)
        {
            foreach (SubscribeType type in new[] { SubscribeType.Unsubscribe, SubscribeType.Subscribed, SubscribeType.Unsubscribed })
            {
                Assert.That(SubscriptionMachine.Inbound(state, type, approved: true), Is.EqualTo(SubscriptionMachine.Inbound(state, type, approved: false)));
            }
        }
    }

    [Test]
    public void A_second_pre_approval_changes_nothing() =>
        Assert.That(SubscriptionMachine.Outbound(SubscriptionState.None, SubscribeType.Subscribed, approved: true), Is.EqualTo(new SubscriptionStep(SubscriptionState.None, false)));

    // A.1; columns: attribute, pending out, pending in
    [TestCase("None", "none", false, false)]
    [TestCase("None + Pending Out", "none", true, false)]
    [TestCase("None + Pending In", "none", false, true)]
    [TestCase("None + Pending Out+In", "none", true, true)]
    [TestCase("To", "to", false, false)]
    [TestCase("To + Pending In", "to", false, true)]
    [TestCase("From", "from", false, false)]
    [TestCase("From + Pending Out", "from", true, false)]
    [TestCase("Both", "both", false, false)]
    public void A_1_the_facts_of_a_state(string name, string attribute, bool pendingOut, bool pendingIn)
    {
        SubscriptionState state = States[name];
        Assert.That(state.ToAttribute(), Is.EqualTo(attribute));
        Assert.That(state.HasPendingOut(), Is.EqualTo(pendingOut));
        Assert.That(state.HasPendingIn(), Is.EqualTo(pendingIn));
        Assert.That(state.HasTo(), Is.EqualTo(attribute is "to" or "both"));
        Assert.That(state.HasFrom(), Is.EqualTo(attribute is "from" or "both"));
    }

    private static void AssertOutbound(SubscribeType type, string state, string route, string newState, bool? approval) =>
        Assert.That(
            SubscriptionMachine.Outbound(States[state], type, approved: false),
            Is.EqualTo(new SubscriptionStep(States[newState == Same ? state : newState], route == "MUST", Approval: approval)));

    private static void AssertInbound(SubscribeType type, string state, string deliver, string newState, SubscribeType? reply) =>
        Assert.That(
            SubscriptionMachine.Inbound(States[state], type, approved: false),
            Is.EqualTo(new SubscriptionStep(States[newState == Same ? state : newState], deliver == "MUST", reply)));
}
