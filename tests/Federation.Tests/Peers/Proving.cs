namespace PresenceXml.Federation.Tests.Peers;

/// <summary>How two servers are to prove to each other which domain they speak for. Each server is set up so that no other way is open.</summary>
public enum Proving
{
    /// <summary>Dialback (XEP-0220) over TLS with certificates that prove nothing.</summary>
    Dialback,

    /// <summary>SASL EXTERNAL over STARTTLS (RFC 6120 §13.7.2, XEP-0178), a stream for each direction.</summary>
    Certificate,

    /// <summary>The same, and one stream for both directions (XEP-0288).</summary>
    Bidi,

    /// <summary>SASL EXTERNAL over direct TLS (XEP-0368): there is no listener and no SRV record for STARTTLS.</summary>
    DirectTls,
}
