using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Messaging;

/// <summary>What delivery rules make of a request for a subscription, as far as it is not the roster's matter.</summary>
public sealed class RequestFiling(DeliveryRules delivery, DeliveryErrands errands, RuleChain rules, InstantInbox inbox)
{
    /// <summary>What becomes of a new request; its errands are noted, and where it goes into a box, there is a message in that box that tells of it. Under the gate.</summary>
    /// <param name="owner">Whom it is for.</param>
    /// <param name="request">From a bare address.</param>
    /// <param name="strength">How sure it is who sent it.</param>
    internal DeliveryOutcome Decide(Presentity owner, Subscribe request, Strength strength)
    {
        DeliveryOutcome outcome = delivery.Decide(owner, request, strength);
        if (ReferenceEquals(outcome, DeliveryOutcome.Kept))
            return outcome;
        if (outcome.HasErrands)
            outcome = errands.Take(owner, request, outcome, delivery, rules);
        if (outcome.Disposition == DeliveryActionKind.FileInto && inbox.Refuse() is null)
            inbox.File(owner, null, false, Tell(owner.Address, request), null, outcome.Box!, out _);
        return outcome;
    }

    private static Message Tell(Jid account, Subscribe request) => new()
    {
        From = request.From,
        To = account,
        Id = request.Id,
        Content = StanzaContent.Of(
            new Element(Namespaces.Client, "body", $"{request.From} asks to see your presence."),
            new Element(DeliveryTest.Ns, "request", Redirection.ToElement(request))),
    };
}
