namespace PresenceXml.Protocol.Xml;

/// <summary>Bounds for one stream's input; 0 switches a bound off. Exceeding one is <c>policy-violation</c>.</summary>
/// <param name="StanzaBytes">Bytes of one first-level element, as received; also of the stream header and of the XML declaration.</param>
/// <param name="Depth">Nested elements, the first-level element being 1.</param>
/// <param name="Attributes">Attributes and namespace declarations on one element; four times as many declarations may be in force together.</param>
public sealed record XmlLimits(int StanzaBytes, int Depth, int Attributes)
{
    /// <summary>How many namespace declarations may be in force together.</summary>
    internal int Declarations => Attributes > int.MaxValue / 4 ? 0 : Attributes * 4;
}
