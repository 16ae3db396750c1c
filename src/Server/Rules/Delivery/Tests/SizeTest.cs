using System.Globalization;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>Bytes of what is in the stanza.</summary>
/// <param name="Over">More than this; null: whatever.</param>
/// <param name="Under">Less than this; null: whatever.</param>
internal sealed record SizeTest(int? Over, int? Under) : DeliveryTest
{
    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        int size = question.Stanza.Content.Length;
        return !(size <= Over) && !(size >= Under);
    }

    public override Element ToElement() =>
        Element("size", ("over", Over?.ToString(CultureInfo.InvariantCulture)), ("under", Under?.ToString(CultureInfo.InvariantCulture)));
}
