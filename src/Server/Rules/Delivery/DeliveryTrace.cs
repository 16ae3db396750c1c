using System.Globalization;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What rules did and why, for who asks; nobody writes it for a stanza that is delivered.</summary>
internal sealed class DeliveryTrace
{
    private readonly List<Element> rules = [];
    private List<Element> steps = [];

    public void Tested(DeliveryTest test, bool holds) =>
        steps.Add(new Element(DeliveryTest.Ns, "test", new XmlAttribute("holds", holds ? "true" : "false"), test.ToElement()));

    /// <param name="action">What a rule says is to be done.</param>
    /// <param name="not">Why it is not; null: it is.</param>
    public void Acted(DeliveryAction action, string? not)
    {
        var element = new Element(DeliveryTest.Ns, "action", new XmlAttribute("done", not is null ? "true" : "false"), action.ToElement());
        steps.Add(not is null ? element : element.With("why", not));
    }

    public void Demanded(Strength demand) =>
        rules.Add(new Element(DeliveryTest.Ns, "demand", new XmlAttribute("auth", Tests.AuthTest.NameOf(demand)), new XmlAttribute("met", "false")));

    public void Ruled(DeliveryRule rule, bool holds)
    {
        rules.Add(new Element(DeliveryTest.Ns, "rule", new XmlAttribute("name", rule.Name), new XmlAttribute("holds", holds ? "true" : "false"), steps));
        steps = [];
    }

    /// <summary>The rules, in the order they were looked at, and what comes of it.</summary>
    public Element ToElement(DeliveryOutcome outcome, DeliveryBudget budget)
    {
        var result = new Element(DeliveryTest.Ns, "outcome",
            new XmlAttribute("is", DeliveryAction.NameOf(outcome.Disposition)),
            new XmlAttribute("steps", budget.Taken.ToString(CultureInfo.InvariantCulture)));
        if (outcome.Box is { } box)
            result = result.With("box", box);
        if (outcome.IsQuiet)
            result = result.With("quiet", "true");
        if (budget.IsSpent)
            result = result.With("why", "the rules took too long: it is delivered as ever");
        return new Element(DeliveryTest.Ns, "trace", rules, result);
    }
}
