using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Server.Streams;

/// <summary>Recognises the iq stanzas that belong to negotiation, without reading them.</summary>
internal static class IqPayload
{
    /// <summary>True for an iq of a client whose first child has this name.</summary>
    public static bool Is(RawElement element, string ns, string name) =>
        element.Name is { Name: "iq", Namespace: Namespaces.Client } && element.Children.Count > 0
        && element.Children[0].Name.Name == name && element.Children[0].Name.Namespace == ns;
}
