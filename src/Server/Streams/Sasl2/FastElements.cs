using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>The elements of FAST (XEP-0484 0.2.0).</summary>
internal static class FastElements
{
    public const string Ns = "urn:xmpp:fast:0";

    /// <summary>§3.1: the mechanisms that take a token. Requests in TLS 1.3 early data are not taken (no <c>tls-0rtt</c>).</summary>
    public static Element Offer(IEnumerable<HtMechanism> mechanisms) =>
        new(Ns, "fast", mechanisms.Select(static mechanism => new Element(Ns, "mechanism", mechanism.ToMechanism())));

    /// <summary>§3.3.</summary>
    public static Element Token(string token, DateTimeOffset expires) => new Element(Ns, "token")
        .With("expiry", DateTimeProfile.ToSeconds(expires))
        .With("token", token);
}
