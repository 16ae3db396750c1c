using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// Where a scripted server can be called. Its domain is an IPv4 literal of the loopback net: RFC 7622 §3.2 allows that as a domainpart,
/// RFC 6120 §3.2 resolves nothing then, and the port is the default one. So no DNS has to be set up, and no other play has that domain.
/// </summary>
internal sealed class PeerListener : IAsyncDisposable
{
    private const int Port = 5269;
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Channel<Socket> accepted = Channel.CreateUnbounded<Socket>();
    private Task accepting = Task.CompletedTask;

    private PeerListener(IPAddress address)
    {
        Domain = address.ToString();
        socket.Bind(new IPEndPoint(address, Port));
        socket.Listen();
    }

    public string Domain { get; }

    /// <summary>What connected, in order; complete when the listener has stopped.</summary>
    public ChannelReader<Socket> Accepted => accepted.Reader;

    /// <summary>Why no server can be called here, null when one can.</summary>
    public static string? WhyNot()
    {
        var address = Invent();
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(address, Port));
            return null;
        }
        catch (SocketException e)
        {
            return $"no server can be called at {address}:{Port} here: {e.Message}";
        }
    }

    /// <summary>Listens at an address that nobody else has.</summary>
    /// <exception cref="SocketException">There is none.</exception>
    public static PeerListener Start()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var listener = new PeerListener(Invent());
                listener.accepting = listener.AcceptAsync();
                return listener;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 10)
            {
                // Another play has this one.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        socket.Close();
        await accepting;
        while (accepted.Reader.TryRead(out var waiting))
            waiting.Dispose();
    }

    // Not the net 127.0.0.0/16, where services of the machine are.
    private static IPAddress Invent() => new([127, Octet(), Octet(), Octet()]);

    private static byte Octet() => (byte)RandomNumberGenerator.GetInt32(1, 255);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                await accepted.Writer.WriteAsync(await socket.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            accepted.Writer.Complete(); // The server goes away.
        }
    }
}
