using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>It has a header (XEP-0131 1.2).</summary>
/// <param name="Name">Whose name; case does not count.</param>
/// <param name="Value">And value; null: any.</param>
internal sealed record HeaderTest(string Name, string? Value) : DeliveryTest
{
    public const string Headers = "http://jabber.org/protocol/shim";

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        if (!question.Stanza.Content.Has(Headers, "headers") || !question.Budget.TryTake(1 + question.Stanza.Content.Length))
            return false;
        foreach (Element header in question.Stanza.Content.Find(Headers, "headers")!.Children)
        {
            if (header.Is(Headers, "header") && string.Equals(header["name"], Name, StringComparison.OrdinalIgnoreCase)
                && (Value is null || string.Equals(header.Text, Value, StringComparison.OrdinalIgnoreCase)))
                return true;
        }
        return false;
    }

    public override Element ToElement() => Element("header", ("name", Name), ("value", Value));
}
