using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Connects to a target by TCP: its addresses are looked up and raced.</summary>
/// <param name="dns">Answers.</param>
/// <param name="hosts">Names that need no answer.</param>
/// <param name="clock">The clock.</param>
internal sealed class TargetConnector(DnsClient dns, WatchedFile<HostsFile> hosts, TimeProvider clock)
{
    /// <summary>For one address; a SYN that is lost twice still gets through (RFC 6298 §2: after 1 s and 3 s).</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Of one host; who names more is after somebody else's machines (RFC 8305 §5 leaves the bound to us).</summary>
    public const int MaxAddresses = 6;

    private readonly HappyEyeballs<Socket> eyeballs = new(OpenAsync, ConnectTimeout, clock);

    /// <summary>Connects. The caller goes on to the next target when that, TLS or what follows fails.</summary>
    /// <param name="target">Whom to.</param>
    /// <param name="allowsPrivate">False: not to a <see cref="PrivateAddress"/>.</param>
    /// <param name="trace">Takes what is asked, answered and tried.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TargetConnection> ConnectAsync(ServiceTarget target, bool allowsPrivate, LinkTrace trace, CancellationToken cancel)
    {
        trace.Add($"trying {target}");
        HostLookup lookup = LookUp(target.Host, trace);
        Socket? socket = await eyeballs.ConnectAsync(SuitableAsync(lookup, allowsPrivate, trace, cancel), target.Port, trace, cancel);
        if (socket is null) trace.Add(lookup.Status == DnsStatus.Found ? $"{target}: none of its addresses could be reached" : $"{target}: it has no address");
        return new TargetConnection(socket, socket is null ? lookup.Status : DnsStatus.Found);
    }

    /// <summary>The addresses of a host.</summary>
    public HostLookup LookUp(string host, LinkTrace trace) => new(dns, hosts, clock, host, trace);

    private static async IAsyncEnumerable<IPAddress> SuitableAsync(HostLookup lookup, bool allowsPrivate, LinkTrace trace, [EnumeratorCancellation] CancellationToken cancel)
    {
        int count = 0;
        await foreach (IPAddress address in lookup.ReadAsync(cancel))
        {
            if (!allowsPrivate && PrivateAddress.Includes(address))
            {
                trace.WasPrivate = true;
                trace.Add($"{address}: not tried, for it is a private address; dns.overrides or federation.allowPrivateAddresses would permit it");
                continue;
            }
            if (++count > MaxAddresses)
            {
                trace.Add($"there are more than {MaxAddresses} addresses; the others are not tried");
                yield break;
            }
            yield return address;
        }
    }

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
