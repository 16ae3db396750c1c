using System.Collections.Immutable;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What delivery rules have of a loaded account; swapped as a whole under its gate.</summary>
/// <param name="Rules">The account's own, or the server's while it has none.</param>
/// <param name="Notes">Whom it wrote to, who wrote to it, whom it answered.</param>
/// <param name="Asked">Sessions that asked for the rules and so are told of changes.</param>
internal sealed record DeliveryState(DeliveryRuleSet Rules, DeliveryNotes Notes, ImmutableHashSet<ClientSession> Asked);
