using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>The language that it says it is in, of the stanza or of a body (RFC 6121 §5.2.3), by basic filtering (RFC 4647 §3.3.1): <c>de</c> is also <c>de-AT</c>.</summary>
/// <param name="Ranges">One of these, with a space between them.</param>
internal sealed record LangTest(string Ranges) : DeliveryTest
{
    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        if (IsIn(question.Stanza.Lang))
            return true;
        foreach (RawChild child in question.Stanza.Content.Children)
        {
            if (child.Name is { Namespace: Namespaces.Client, Name: "body" or "status" }
                && IsIn(question.Stanza.Content.Child(child).Attribute(new QName(Namespaces.Xml, "lang"))))
                return true;
        }
        return false;
    }

    public override Element ToElement() => Element("lang", ("is", Ranges));

    private bool IsIn(string? tag)
    {
        if (tag is null)
            return false;
        foreach (string range in Ranges.Split(' '))
        {
            if (tag.StartsWith(range, StringComparison.OrdinalIgnoreCase) && (tag.Length == range.Length || tag[range.Length] == '-'))
                return true;
        }
        return false;
    }
}
