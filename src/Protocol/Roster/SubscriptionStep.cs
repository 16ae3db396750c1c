using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Protocol.Roster;

/// <summary>What the tables say of one subscription stanza.</summary>
/// <param name="State">The state afterwards.</param>
/// <param name="Pass">Outbound: route it. Inbound: deliver it.</param>
/// <param name="AutoReply">Inbound: the reply the server itself gives (subscribed or unsubscribed), or null.</param>
/// <param name="Approval">Outbound: true sets a pre-approval, false takes it away, null leaves it.</param>
public readonly record struct SubscriptionStep(SubscriptionState State, bool Pass, SubscribeType? AutoReply = null, bool? Approval = null);
