using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Connects to a target by TCP: its addresses are looked up and raced.</summary>
/// <param name="dns">Answers.</param>
/// <param name="hosts">Names that need no answer.</param>
/// <param name="clock">The clock.</param>
internal sealed class TargetConnector(DnsClient dns, WatchedFile<HostsFile> hosts, TimeProvider clock)
{
    /// <summary>For one address; a SYN that is lost twice still gets through (RFC 6298 §2: after 1 s and 3 s).</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HappyEyeballs<Socket> eyeballs = new(OpenAsync, ConnectTimeout, clock);

    /// <summary>Connects. The caller goes on to the next target when that, TLS or what follows fails.</summary>
    /// <param name="target">Whom to.</param>
    /// <param name="trace">Takes what is asked, answered and tried.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TargetConnection> ConnectAsync(ServiceTarget target, LinkTrace trace, CancellationToken cancel)
    {
        trace.Add($"trying {target}");
        HostLookup lookup = LookUp(target.Host, trace);
        Socket? socket = await eyeballs.ConnectAsync(lookup.ReadAsync(cancel), target.Port, trace, cancel);
        if (socket is null) trace.Add(lookup.Status == DnsStatus.Found ? $"{target}: none of its addresses could be reached" : $"{target}: it has no address");
        return new TargetConnection(socket, socket is null ? lookup.Status : DnsStatus.Found);
    }

    /// <summary>The addresses of a host.</summary>
    public HostLookup LookUp(string host, LinkTrace trace) => new(dns, hosts, clock, host, trace);

    private static async Task<Socket> OpenAsync(IPEndPoint address, CancellationToken cancel)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
