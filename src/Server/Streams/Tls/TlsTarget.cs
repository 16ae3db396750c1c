namespace PresenceXml.Server.Streams.Tls;

/// <summary>Whom a handshake of ours as TLS client is with.</summary>
/// <param name="Remote">
/// The domain that is wanted, as in <see cref="PresenceXml.Protocol.Jid.Domain"/>. SNI names it, not the host that SRV led to: it is what the
/// certificate must be for (RFC 7590 §3.2, XEP-0368 1.1.0 §2, RFC 6120 §13.7.1.2), and DNS is no witness.
/// </param>
/// <param name="Local">Our domain that speaks; its certificate is shown.</param>
/// <param name="IsDirect">True for direct TLS (XEP-0368), which names its protocol by ALPN.</param>
internal readonly record struct TlsTarget(string Remote, string Local, bool IsDirect);
