using System.Net.Sockets;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>What came of connecting to one target.</summary>
/// <param name="Socket">Connected, the caller's to dispose of; null when nobody could be reached.</param>
/// <param name="HostStatus">What the DNS said of the host: <see cref="DnsStatus.Found"/> when it has addresses, reached or not.</param>
internal sealed record TargetConnection(Socket? Socket, DnsStatus HostStatus);
