using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>To which resource of the account it is addressed.</summary>
/// <param name="Is">The resource; a <c>*</c> at its end stands for whatever follows; null: to none, but to the account.</param>
internal sealed record ResourceTest(string? Is) : DeliveryTest
{
    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace) =>
        Is is null ? question.Stanza.To?.Resource is null : Fits(Is, question.Stanza.To?.Resource);

    public override Element ToElement() => Element("resource", ("is", Is ?? ""));

    public static bool Fits(string pattern, string? resource) => resource is not null
        && (pattern.EndsWith('*') ? resource.StartsWith(pattern[..^1], StringComparison.Ordinal) : resource == pattern);
}
