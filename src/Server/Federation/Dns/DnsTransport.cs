using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Carries one question to one nameserver: over UDP, and over TCP when the answer does not fit or its sender may be another.</summary>
internal sealed class DnsTransport(TimeProvider clock)
{
    private const int FirstPort = 1024;
    private const int PortTries = 5;

    // One octet more than may come shows that more came.
    private const int ReceiveOctets = DnsQuery.UdpOctets + 1;

    /// <summary>Asks and waits for the answer, whatever it is.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="question">What.</param>
    /// <param name="timeout">For each exchange of messages; there are four at most.</param>
    /// <param name="usesTcp">Does not try UDP.</param>
    /// <param name="note">Takes what happened on the way, in words.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="DnsFailureException">No answer came in time, or none that is a message.</exception>
    public async Task<DnsMessage> AskAsync(IPEndPoint server, DnsQuestion question, TimeSpan timeout, bool usesTcp, Action<string> note, CancellationToken cancel)
    {
        DnsMessage answer = await AskAsync(server, new DnsQuery(question, withExtensions: true), timeout, usesTcp, note, cancel);
        // RFC 6891 §7: a server that does not know EDNS says FORMERR, or NOTIMP.
        if (answer.Code is not (DnsCode.FormatError or DnsCode.NotImplemented or DnsCode.BadVersion)) return answer;
        note($"{server} does not understand EDNS; asked again without it");
        return await AskAsync(server, new DnsQuery(question, withExtensions: false), timeout, usesTcp, note, cancel);
    }

    private async Task<DnsMessage> AskAsync(IPEndPoint server, DnsQuery query, TimeSpan timeout, bool usesTcp, Action<string> note, CancellationToken cancel)
    {
        if (!usesTcp && await LimitAsync(server, timeout, limit => AskByUdpAsync(server, query, note, limit), cancel) is { } answer) return answer;
        return await LimitAsync(server, timeout, limit => AskByTcpAsync(server, query, limit), cancel);
    }

    /// <returns>Null: to be asked over TCP.</returns>
    private static async Task<DnsMessage?> AskByUdpAsync(IPEndPoint server, DnsQuery query, Action<string> note, CancellationToken cancel)
    {
        // A socket for each query, so that each has a port of its own (RFC 5452 §9.2); connected, so that the system drops what comes from elsewhere.
        using Socket socket = OpenAtRandomPort(server.AddressFamily);
        await socket.ConnectAsync(server, cancel);
        await socket.SendAsync(query.Octets, cancel);
        byte[] buffer = new byte[ReceiveOctets];
        while (true)
        {
            int received = await ReceiveAsync(socket, buffer, cancel);
            Memory<byte> octets = buffer.AsMemory(0, received);
            switch (query.Compare(octets.Span))
            {
                case DnsEcho.Foreign:
                    // Ignored and not counted as an answer, so that a forger cannot keep the true one from us.
                    continue;
                case DnsEcho.Doubtful:
                    note($"{server} does not repeat the question as it was asked; asked again over TCP");
                    return null;
            }
            DnsMessage? answer = received == ReceiveOctets ? null : DnsMessage.Parse(octets.Span);
            if (answer is { IsTruncated: false }) return answer;
            note($"the answer of {server} does not fit; asked again over TCP");
            return null;
        }
    }

    private static async Task<DnsMessage> AskByTcpAsync(IPEndPoint server, DnsQuery query, CancellationToken cancel)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancel);
        using var stream = new NetworkStream(socket);
        // RFC 7766 §8: length and message in one write.
        byte[] sent = new byte[2 + query.Octets.Length];
        BinaryPrimitives.WriteUInt16BigEndian(sent, (ushort)query.Octets.Length);
        query.Octets.CopyTo(sent.AsMemory(2));
        await stream.WriteAsync(sent, cancel);

        byte[] size = new byte[2];
        await stream.ReadExactlyAsync(size, cancel);
        byte[] octets = new byte[BinaryPrimitives.ReadUInt16BigEndian(size)];
        await stream.ReadExactlyAsync(octets, cancel);
        // Nobody else can answer here, so the letters' case is no matter.
        if (query.Compare(octets) == DnsEcho.Foreign) throw new DnsFormatException("it answers another question");
        DnsMessage answer = DnsMessage.Parse(octets);
        return answer.IsTruncated ? throw new DnsFormatException("it does not even fit TCP") : answer;
    }

    private async Task<T> LimitAsync<T>(IPEndPoint server, TimeSpan timeout, Func<CancellationToken, Task<T>> exchange, CancellationToken cancel)
    {
        using var time = new CancellationTokenSource(timeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancel);
        try
        {
            return await exchange(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new DnsFailureException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{server} did not answer in {timeout.TotalSeconds:0.#} s"), e);
        }
        catch (SocketException e)
        {
            throw new DnsFailureException(e.SocketErrorCode == SocketError.ConnectionRefused ? $"nobody listens at {server}" : $"{server} cannot be asked: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new DnsFailureException($"{server} closed the connection without an answer", e);
        }
        catch (DnsFormatException e)
        {
            throw new DnsFailureException($"the answer of {server} is not valid: {e.Message}", e);
        }
    }

    private static async ValueTask<int> ReceiveAsync(Socket socket, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancel);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.MessageSize)
        {
            // Larger than the buffer, where the system says so instead of cutting.
            return buffer.Length;
        }
    }

    private static Socket OpenAtRandomPort(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        IPAddress any = family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        try
        {
            for (int i = 1; ; i++)
            {
                try
                {
                    // The system's own choice is from fewer; it is the last resort where most ports are taken or forbidden.
                    socket.Bind(new IPEndPoint(any, i <= PortTries ? RandomNumberGenerator.GetInt32(FirstPort, ushort.MaxValue + 1) : 0));
                    return socket;
                }
                catch (SocketException) when (i <= PortTries)
                {
                    // Taken; another.
                }
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
