using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Server.Rules.Delivery.Tests;

namespace PresenceXml.Server.Modules.Delivery;

/// <summary>Tells what would become of a stanza, and why. Nothing is delivered, counted or remembered.</summary>
internal sealed class DeliveryTrial(Rules.Delivery.DeliveryRules delivery, Strengths strengths)
{
    /// <param name="owner">The account.</param>
    /// <param name="asked">A <c>delivery</c> element with a stanza in it, and perhaps rules to try.</param>
    /// <param name="rules">The account's, for when there are none in it.</param>
    public IqReply Run(Presentity owner, Element asked, DeliveryRuleSet rules)
    {
        try
        {
            Stanza stanza = Read(owner.Address, asked);
            Strength strength = asked["auth"] is not { } auth ? StrengthOf(stanza.From!)
                : AuthTest.Parse(auth) ?? throw new FormatException("auth is not one of none, dialback, certificate, component, local.");
            if (asked.Children.Any(static child => child.Is(DeliveryTest.Ns, "rule") || child.Is(DeliveryTest.Ns, "demand")))
                rules = DeliveryReader.Read(asked, rules.Version);
            var trace = new DeliveryTrace();
            var budget = new DeliveryBudget(DeliveryBudget.Steps);
            DeliveryOutcome outcome;
            lock (owner.Gate)
                outcome = delivery.Try(owner, rules, stanza, strength, trace, budget);
            return new Element(DeliveryTest.Ns, "delivery", new XmlAttribute("test", "true"), trace.ToElement(outcome, budget));
        }
        catch (FormatException wrong)
        {
            return StanzaError.BadRequest with { Text = wrong.Message };
        }
    }

    private Strength StrengthOf(Jid sender) => strengths.Of(sender) is var known and > Strength.None ? known : Strength.Certificate;

    private static Stanza Read(Jid account, Element asked)
    {
        Element[] stanzas = [.. asked.Children.Where(static child => child.Namespace == Namespaces.Client)];
        if (stanzas is not [{ LocalName: "message" or "presence" } one])
            throw new FormatException("There is not one message, or one request for a subscription, to try.");
        if (!Jid.TryParse(one["from"] ?? "", out Jid? from))
            throw new FormatException("It does not say from whom.");
        Jid? to = account;
        if (one["to"] is { } text && (!Jid.TryParse(text, out to) || to.Bare != account))
            throw new FormatException("It is for somebody else.");
        StanzaContent content = StanzaContent.Of([.. one.Children]);
        if (one.LocalName == "presence")
        {
            return one["type"] == "subscribe"
                ? new Subscribe { Type = SubscribeType.Subscribe, From = from.Bare, To = account, Content = content }
                : throw new FormatException("Of presence only requests for subscriptions are asked about.");
        }
        MessageType type = one["type"] switch
        {
            null or "normal" => MessageType.Normal,
            "chat" => MessageType.Chat,
            "groupchat" => MessageType.Groupchat,
            "headline" => MessageType.Headline,
            _ => throw new FormatException("Errors pass the rules by."),
        };
        return new Message { Type = type, From = from, To = to, Id = one["id"], Lang = one.Attribute(new QName(Namespaces.Xml, "lang")), Content = content };
    }
}
