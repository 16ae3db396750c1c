namespace PresenceXml.Server.Streams.Sasl;

/// <summary>What a SASL element carries, decoded.</summary>
/// <param name="Octets">Null when it carries nothing, which is not the same as no octets (RFC 6120 §6.4.2).</param>
internal readonly record struct SaslData(byte[]? Octets);
