using System.Globalization;
using System.Xml;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>More than so many stanzas of this sender within so much time.</summary>
/// <param name="Over">How many are not too many.</param>
/// <param name="Per">Within what time.</param>
internal sealed record RateTest(int Over, TimeSpan Per) : DeliveryTest
{
    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace) => question.Surroundings.Count(question.From.Bare, Per) > Over;

    public override Element ToElement() => Element("rate", ("over", Over.ToString(CultureInfo.InvariantCulture)), ("per", XmlConvert.ToString(Per)));
}
