using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Cable.Servers;

internal static class Ports
{
    /// <summary>A free port below those that the system gives to outgoing connections, so that none takes it while a server is down.</summary>
    public static int Free()
    {
        while (true)
        {
            int port = Random.Shared.Next(10_000, 30_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next one.
            }
        }
    }
}
