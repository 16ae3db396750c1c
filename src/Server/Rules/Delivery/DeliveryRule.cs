using System.Collections.Immutable;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>One delivery rule: when all of its tests hold, all of its actions are done. Immutable.</summary>
/// <param name="Name">Unlike that of any other rule of the account.</param>
/// <param name="Tests">None: it always holds.</param>
/// <param name="Actions">At least one, in order.</param>
/// <param name="IsOff">True while it is not looked at.</param>
internal sealed record DeliveryRule(string Name, ImmutableArray<DeliveryTest> Tests, ImmutableArray<DeliveryAction> Actions, bool IsOff = false)
{
    /// <summary>Above this strength of the sender it never holds.</summary>
    public Strength Highest => Tests.IsEmpty ? Strength.Local : Tests.Min(static test => test.Highest);

    /// <summary>True when a test or a test within one satisfies this.</summary>
    public bool Any(Func<DeliveryTest, bool> what) => Tests.Any(test => test.Any(what));

    public bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        foreach (DeliveryTest test in Tests)
        {
            bool holds = test.Holds(question, trace);
            trace?.Tested(test, holds);
            if (!holds)
                return false;
        }
        return true;
    }

    public Element ToElement()
    {
        var element = new Element(DeliveryTest.Ns, "rule", new XmlAttribute("name", Name), Tests.Select(static test => test.ToElement()), Actions.Select(static action => action.ToElement()));
        return IsOff ? element.With("off", "true") : element;
    }

    public bool Equals(DeliveryRule? other) =>
        other is not null && Name == other.Name && IsOff == other.IsOff && Tests.SequenceEqual(other.Tests) && Actions.SequenceEqual(other.Actions);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
