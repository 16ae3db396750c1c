namespace PresenceXml.Server.Federation.Dns;

/// <summary>What came is no DNS message, or one that contradicts itself. The only exception of the decoder.</summary>
/// <param name="problem">What is wrong, as the end of a sentence.</param>
internal sealed class DnsFormatException(string problem) : Exception(problem);
