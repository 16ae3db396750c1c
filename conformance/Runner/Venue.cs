namespace PresenceXml.Conformance.Runner;

public enum TlsMode
{
    StartTls,
    Direct,
    None,
}

/// <summary>The server under test, and how to reach it.</summary>
/// <param name="DirectPort">The port for direct TLS (XEP-0368), null when it has none.</param>
/// <param name="Insecure">Any certificate will do.</param>
/// <param name="Patience">How long an expected answer may take.</param>
/// <param name="ServerPort">The port for other servers, null when it has none.</param>
public sealed record Venue(string Host, int Port, int? DirectPort, string Domain, TlsMode Tls, bool Insecure, TimeSpan Patience, int? ServerPort = null);
