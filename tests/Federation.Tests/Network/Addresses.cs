using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Federation.Tests.Network;

/// <summary>
/// A /24 of the loopback net that no other test uses at the time, whichever process it is in: who has it listens on a certain port of its
/// last address. Linux answers on all of 127.0.0.0/8.
/// </summary>
public sealed class Addresses : IDisposable
{
    private const int ClaimPort = 9_269;
    private readonly TcpListener claim;
    private readonly byte[] net;
    private int used;

    public Addresses()
    {
        while (true)
        {
            // 127.64–127.250: away from the addresses that people use by hand.
            net = [127, (byte)Random.Shared.Next(64, 251), (byte)Random.Shared.Next(0, 256), 254];
            claim = new TcpListener(new IPAddress(net), ClaimPort);
            try
            {
                claim.Start();
                return;
            }
            catch (SocketException)
            {
                claim.Dispose(); // another test's; the next one
            }
        }
    }

    /// <summary>The next address of this net.</summary>
    public IPAddress Next() => new([net[0], net[1], net[2], (byte)++used]);

    /// <summary>A port of that address that is free for TCP and UDP, below those that the system gives to outgoing connections.</summary>
    public static int FreePort(IPAddress address)
    {
        while (true)
        {
            int port = Random.Shared.Next(10_000, 30_000);
            try
            {
                using var tcp = new TcpListener(address, port);
                tcp.Start();
                using var udp = new UdpClient(new IPEndPoint(address, port));
                return port;
            }
            catch (SocketException)
            {
                // Something listens there on every address; the next one.
            }
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{net[0]}.{net[1]}.{net[2]}.0/24");

    public void Dispose() => claim.Dispose();
}
