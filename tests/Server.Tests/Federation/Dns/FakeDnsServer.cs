using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>A nameserver on a port of the loopback, UDP and TCP, that answers what a test says.</summary>
internal sealed class FakeDnsServer : IAsyncDisposable
{
    private readonly Socket udp;
    private readonly TcpListener tcp;
    private readonly Channel<FakeQuery> queries = Channel.CreateUnbounded<FakeQuery>();
    private readonly ConcurrentQueue<string> asked = new();
    private readonly CancellationTokenSource stopped = new();
    private readonly Task[] loops;

    public FakeDnsServer(Func<FakeQuery, IEnumerable<byte[]>> answer)
    {
        Answer = answer;
        (udp, tcp) = Open();
        EndPoint = (IPEndPoint)udp.LocalEndPoint!;
        loops = [RunUdpAsync(), RunTcpAsync()];
    }

    /// <summary>Answers by a table: "SRV name" → what a zone file has. Names that are nowhere do not exist; "!" fails, "?" is silence.</summary>
    public static FakeDnsServer OfZone(Dictionary<string, string[]> zone) => new(query => Look(zone, query));

    public IPEndPoint EndPoint { get; }

    /// <summary>The datagrams, or the messages over TCP, that a query is answered by.</summary>
    public Func<FakeQuery, IEnumerable<byte[]>> Answer { get; set; }

    /// <summary>All queries so far, such as "A example.org", those over TCP with "tcp " before.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    /// <summary>The next query that has come, after it was answered.</summary>
    public ValueTask<FakeQuery> NextAsync(CancellationToken cancel = default) => queries.Reader.ReadAsync(cancel);

    /// <summary>Sends a datagram from the server's own address.</summary>
    public async Task SendAsync(byte[] datagram, IPEndPoint to) => await udp.SendToAsync(datagram, to);

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        // Disposed of only when nobody uses them any more: a listener that is gone complains in another way each time.
        await Task.WhenAll(loops);
        udp.Dispose();
        tcp.Dispose();
        stopped.Dispose();
    }

    private static IEnumerable<byte[]> Look(Dictionary<string, string[]> zone, FakeQuery query)
    {
        var reply = new FakeReply(query);
        if (zone.TryGetValue($"CNAME {query.Name}", out string[]? alias))
        {
            reply.Alias(query.Name, alias[0]);
        }
        else if (zone.TryGetValue(query.ToString(), out string[]? records))
        {
            if (records is ["!"]) return [reply.Code(DnsCode.ServerFailure).ToArray()];
            if (records is ["?"]) return [];
            foreach (string record in records)
                _ = query.Type == DnsType.SRV ? reply.Service(query.Name, record) : reply.Address(query.Name, record);
        }
        else
        {
            reply.Authority("example", 60, 60);
            if (!zone.Keys.Any(key => key.EndsWith(" " + query.Name, StringComparison.Ordinal))) reply.Code(DnsCode.NoSuchName);
        }
        return [reply.ToArray()];
    }

    private static (Socket, TcpListener) Open()
    {
        while (true)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var tcp = new TcpListener((IPEndPoint)udp.LocalEndPoint!);
            try
            {
                tcp.Start();
                return (udp, tcp);
            }
            catch (SocketException)
            {
                // Free for the one, taken for the other.
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    /// <summary>Noted before it is answered, so that who has the answer finds it.</summary>
    private IEnumerable<byte[]> Note(FakeQuery query)
    {
        asked.Enqueue((query.IsTcp ? "tcp " : "") + query);
        return Answer(query);
    }

    private async Task RunUdpAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), stopped.Token);
                var query = new FakeQuery(buffer[..received.ReceivedBytes], (IPEndPoint)received.RemoteEndPoint, false);
                foreach (byte[] datagram in Note(query)) await udp.SendToAsync(datagram, received.RemoteEndPoint);
                queries.Writer.TryWrite(query);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task RunTcpAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await tcp.AcceptTcpClientAsync(stopped.Token);
                await ServeAsync(client);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            NetworkStream stream = client.GetStream();
            byte[] size = new byte[2];
            await stream.ReadExactlyAsync(size, stopped.Token);
            byte[] octets = new byte[size[0] << 8 | size[1]];
            await stream.ReadExactlyAsync(octets, stopped.Token);
            var query = new FakeQuery(octets, (IPEndPoint)client.Client.RemoteEndPoint!, true);
            foreach (byte[] message in Note(query)) await stream.WriteAsync((byte[])[.. FakeReply.Number(message.Length), .. message], stopped.Token);
            queries.Writer.TryWrite(query);
        }
        catch (IOException)
        {
            // The client has gone.
        }
    }
}
