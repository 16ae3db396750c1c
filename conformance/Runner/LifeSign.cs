using PresenceXml.Protocol;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// The question of a server, of its domain to that of a scripted server, whether what it sent before has arrived (XEP-0199 2.0, where there is no stream
/// management). Any server may ask it at any time, so plays neither see it nor say anything of it. It is not answered:
/// who asks waits longer than a play takes.
/// </summary>
internal static class LifeSign
{
    private const string Ns = "urn:xmpp:ping";

    /// <summary>True for such a question.</summary>
    /// <param name="received">What came.</param>
    /// <param name="peer">The domain of the server under test.</param>
    /// <param name="domain">The domain of the scripted server.</param>
    public static bool Is(Received received, string peer, string domain) =>
        received is Received.Stanza { Value: var iq } && iq.Is(Namespaces.Server, "iq") && iq["type"] == "get" && iq["from"] == peer && iq["to"] == domain && iq.Child(Ns, "ping") is not null;
}
