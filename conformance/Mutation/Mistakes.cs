using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>What operators and proxy know of stanzas.</summary>
internal static class Mistakes
{
    public const string Ns = "urn:x-presencexml:mutation:0";
    public static readonly IReadOnlyDictionary<string, string> Nobody = new Dictionary<string, string>();

    private static readonly string[] StreamConditions = ["policy-violation", "undefined-condition"];
    private static readonly string[] SaslConditions = ["temporary-auth-failure", "malformed-request"];
    private static readonly string[] StanzaConditions = ["resource-constraint", "undefined-condition"];

    public static bool IsStanza(Element element) =>
        element.Namespace == Namespaces.Client && element.LocalName is "message" or "presence" or "iq";

    /// <summary>Whether it belongs to the runner's machinery and not to the play.</summary>
    public static bool IsFence(Element? element) =>
        element is not null
        && (element["id"]?.StartsWith(Fences.IdPrefix, StringComparison.Ordinal) == true || element.Children.Any(static child => child.Namespace == Fences.Ns));

    /// <summary>An error in answer to a client's stanza (RFC 6120 §8.3.1).</summary>
    public static Element ErrorFor(Element stanza, string client) =>
        new Element(
            Namespaces.Client,
            stanza.LocalName,
            new Element(Namespaces.Client, "error", new XmlAttribute("type", "cancel"), new Element(Namespaces.StanzaErrors, "service-unavailable")))
            .With("type", "error").With("id", stanza["id"]).With("to", client).With("from", stanza["to"] ?? client[..client.IndexOf('/', StringComparison.Ordinal)]);

    /// <summary>The same error with another condition; null where there is none to change.</summary>
    public static Element? WithOtherCondition(Element element)
    {
        if (element.Is(Namespaces.Streams, "error"))
            return ChangeCondition(element, Namespaces.StreamErrors, StreamConditions);
        if (element.Is(Namespaces.Sasl, "failure") || element.Is(ModernLogin.Ns, "failure"))
            return ChangeCondition(element, Namespaces.Sasl, SaslConditions);
        if (element.Is(ManagedSession.Ns, "failed"))
            return ChangeCondition(element, Namespaces.StanzaErrors, StanzaConditions);
        return element.Child(Namespaces.Client, "error") is { } error && ChangeCondition(error, Namespaces.StanzaErrors, StanzaConditions) is { } changed
            ? Trees.Replace(element, error, changed)
            : null;
    }

    private static Element? ChangeCondition(Element error, string ns, string[] others)
    {
        var condition = error.Children.FirstOrDefault(child => child.Namespace == ns && child.LocalName != "text");
        if (condition is null)
            return null;
        var other = others.First(name => name != condition.LocalName);
        return Trees.Replace(error, condition, new Element(ns, other, condition.Nodes));
    }
}
