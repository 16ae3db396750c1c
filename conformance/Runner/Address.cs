using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>What holds for the address of every stanza a client receives, so that a play need not say it each time.</summary>
internal static class Address
{
    /// <summary>
    /// A server delivers to the account that a stanza names: <c>to</c> is absent, or an address of the recipient's account (RFC 6120 §8.1.1,
    /// §10.5). Which resource it names is open: a message to one that is gone may be delivered to another (RFC 6121 §8.5.3.2.1), as it is.
    /// </summary>
    /// <returns>Null, or what is wrong.</returns>
    public static string? Objection(Element stanza, string full)
    {
        if (stanza.Namespace != Namespaces.Client || stanza["to"] is not { } to)
            return null;
        return Jid.TryParse(to, out var target) && target.Bare == Jid.Parse(full).Bare
            ? null
            : $"it is addressed to '{to}', which is not {full} nor its account (RFC 6120 §8.1.1, §10.5)";
    }
}
