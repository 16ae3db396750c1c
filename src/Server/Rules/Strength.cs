namespace PresenceXml.Server.Rules;

/// <summary>
/// How sure it is who somebody is: what rules may ask for against SPOOFING (RFC 2778 §2.2, RFC 2779 5.1.12). The order is that of strength.
/// </summary>
public enum Strength : byte
{
    /// <summary>Not known: nobody has spoken for the domain since the server was started.</summary>
    None,

    /// <summary>The domain's server, found by the DNS, confirmed a key (XEP-0220 1.1.1).</summary>
    Dialback,

    /// <summary>The domain's server showed a certificate for it (RFC 6120 §13.7.1.2, XEP-0178).</summary>
    Certificate,

    /// <summary>A component of this server, which knows the shared secret (XEP-0114).</summary>
    Secret,

    /// <summary>An account of this server, which signed in.</summary>
    Local,
}
