using System.Collections.Immutable;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>Tests together: <c>all</c> of them, <c>any</c> of them, or <c>not</c> the one.</summary>
/// <param name="Name">all, any or not.</param>
/// <param name="Tests">At least one; of not exactly one.</param>
internal sealed record GroupTest(string Name, ImmutableArray<DeliveryTest> Tests) : DeliveryTest
{
    public override Strength Highest => Name switch
    {
        "all" => Tests.Min(static test => test.Highest),
        "any" => Tests.Max(static test => test.Highest),
        _ => Strength.Local,
    };

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        bool isAny = Name == "any";
        foreach (DeliveryTest test in Tests)
        {
            bool holds = test.Holds(question, trace);
            if (test is not GroupTest)
                trace?.Tested(test, holds);
            if (Name == "not")
                return !holds;
            if (holds == isAny)
                return isAny;
        }
        return !isAny;
    }

    public override bool Any(Func<DeliveryTest, bool> what) => Tests.Any(test => test.Any(what));

    public override Element ToElement() => new(Ns, Name, Tests.Select(static test => test.ToElement()));

    public bool Equals(GroupTest? other) => other is not null && Name == other.Name && Tests.SequenceEqual(other.Tests);

    public override int GetHashCode() => HashCode.Combine(Name, Tests.Length);
}
