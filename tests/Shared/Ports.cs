using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Testing;

/// <summary>Ports for servers that tests start; compiled into each project that needs them.</summary>
internal static class Ports
{
    /// <summary>A free port below those that the system gives to outgoing connections, so that none of these takes it before the server starts, nor while it is killed and started again.</summary>
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
