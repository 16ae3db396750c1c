namespace PresenceXml.Server.Federation.Dns;

/// <summary>A nameserver gave no answer that can be used. The message says so for people.</summary>
internal sealed class DnsFailureException(string message, Exception? inner = null) : Exception(message, inner);
