using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>The stanza has a child of a namespace.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The name of the child; null: any.</param>
internal sealed record HasTest(string Namespace, string? Name) : DeliveryTest
{
    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        IReadOnlyList<RawChild> children = question.Stanza.Content.Children;
        if (!question.Budget.TryTake(1 + children.Count))
            return false;
        for (int i = 0; i < children.Count; i++)
        {
            if (children[i].Name.Namespace == Namespace && (Name is null || children[i].Name.Name == Name))
                return true;
        }
        return false;
    }

    public override Element ToElement() => Element("has", ("ns", Namespace), ("name", Name));
}
