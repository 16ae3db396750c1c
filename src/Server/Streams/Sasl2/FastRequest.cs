using System.Globalization;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Streams.Management;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>What a client says when it signs in with a token (XEP-0484 0.2.0 §3.4, §3.6).</summary>
/// <param name="Count">How often it has tried with this token; null when it does not count.</param>
/// <param name="Invalidates">True when the token is not to be taken again.</param>
internal readonly record struct FastRequest(uint? Count, bool Invalidates)
{
    /// <summary>Reads <c>fast</c>; false when it has another form.</summary>
    public static bool TryRead(Element element, out FastRequest request)
    {
        string? text = element["count"];
        bool isCounted = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint count) && count > 0;
        request = new FastRequest(isCounted ? count : null, ManagementElements.IsTrue(element["invalidate"]));
        return text is null || isCounted;
    }
}
