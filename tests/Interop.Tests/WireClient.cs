using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Interop.Tests;

/// <summary>The smallest client that can log in (PLAIN, without TLS) and count what it gets. Ends quietly when the server dies: <see cref="ReceiveAsync"/> then gives null.</summary>
public sealed class WireClient : IAsyncDisposable
{
    private readonly TcpClient tcp;
    private readonly NetworkStream stream;
    private readonly PipeReader input;
    private StreamDecoder decoder = NewDecoder();

    private WireClient(TcpClient tcp)
    {
        this.tcp = tcp;
        stream = tcp.GetStream();
        input = PipeReader.Create(stream);
    }

    public static async Task<WireClient> LoginAsync(int port, string user, string password)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        var client = new WireClient(tcp);
        await client.OpenAsync();
        string plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
        await client.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
        Element success = await client.ReceiveAsync() ?? throw new IOException("closed at authentication");
        if (success.LocalName != "success") throw new InvalidOperationException(success.ToString());
        client.decoder = NewDecoder();
        await client.OpenAsync();
        await client.SendAsync("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        if ((await client.ReceiveAsync())?["type"] != "result") throw new InvalidOperationException("bind was refused");
        return client;
    }

    public async Task SendAsync(string xml) => await stream.WriteAsync(Encoding.UTF8.GetBytes(xml));

    /// <summary>The next first-level element; null when the line is gone.</summary>
    public async Task<Element?> ReceiveAsync()
    {
        while (await NextAsync() is { Kind: not StreamEventKind.Close } next)
            if (next.Kind == StreamEventKind.Element) return next.Element!.ToElement();
        return null;
    }

    public ValueTask DisposeAsync()
    {
        tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private static StreamDecoder NewDecoder() => new(new XmlLimits(1 << 20, 64, 64));

    private async Task OpenAsync()
    {
        await SendAsync("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>");
        Element? features = await ReceiveAsync();
        if (features?.LocalName != "features") throw new IOException($"no stream features but {features}");
    }

    private async Task<StreamEvent?> NextAsync()
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync();
            }
            catch (IOException)
            {
                return null;   // reset: the server was killed
            }
            ReadOnlySequence<byte> buffer = read.Buffer;
            bool found = decoder.TryRead(ref buffer, out StreamEvent next);
            input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
            if (found) return next;
            if (read.IsCompleted) return null;
        }
    }
}
