namespace PresenceXml.Server.Federation;

/// <summary>How it was proven that a stream speaks for a domain. The order is that of strength.</summary>
public enum DomainProof
{
    /// <summary>The domain's server, found by the DNS, confirmed a key (XEP-0220 1.1.1).</summary>
    Dialback,

    /// <summary>A certificate for the domain (RFC 6120 §13.7.1.2, XEP-0178).</summary>
    Certificate,

    /// <summary>A component that knows the shared secret (XEP-0114).</summary>
    Secret,
}
