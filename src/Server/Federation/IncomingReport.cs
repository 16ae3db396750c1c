namespace PresenceXml.Server.Federation;

/// <summary>A pair of domains for which another server may send on a stream that it opened, for the operator.</summary>
/// <param name="Pair">Between whom.</param>
/// <param name="Proof">How the other server was proven.</param>
/// <param name="Address">Where it comes from.</param>
/// <param name="Since">Since when the stream is open.</param>
/// <param name="IsBidi">True when we may send on it too (XEP-0288).</param>
/// <param name="IsManaged">True when what comes is acknowledged (XEP-0198).</param>
internal sealed record IncomingReport(DomainPair Pair, DomainProof Proof, string Address, DateTimeOffset Since, bool IsBidi, bool IsManaged);
