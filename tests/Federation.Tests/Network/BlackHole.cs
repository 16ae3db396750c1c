using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Federation.Tests.Network;

/// <summary>
/// An address at which a server once was: who connects gets no answer, not even a refusal, as from a machine that is off. (The queue of connections that
/// nobody accepts is full, and Linux then drops what would open another.)
/// </summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> filling = [];

    public BlackHole(IPEndPoint address)
    {
        listener.Bind(address);
        listener.Listen(0);
        // One more than fits, and then some: connections that are under way count as well.
        for (int i = 0; i < 3; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            filling.Add(socket);
            try
            {
                socket.Connect(address);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It is under way; nobody waits for it.
            }
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        foreach (Socket socket in filling) socket.Dispose();
    }
}
