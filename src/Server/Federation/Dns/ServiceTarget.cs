namespace PresenceXml.Server.Federation.Dns;

/// <summary>Where a domain's server may be.</summary>
/// <param name="Host">A name in A-labels, or an address without brackets.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="IsDirectTls">TLS from the first byte (XEP-0368 1.1.0 §3), and no STARTTLS.</param>
internal sealed record ServiceTarget(string Host, int Port, bool IsDirectTls)
{
    public override string ToString() => $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}{(IsDirectTls ? " (direct TLS)" : "")}";
}
