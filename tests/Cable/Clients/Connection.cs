using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Threading.Channels;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Clients;

/// <summary>One TCP connection of a client and the XML stream on it. Reading and writing are tasks of their own, so that neither waits for the other.</summary>
internal sealed class Connection : IAsyncDisposable
{
    private static readonly XmlLimits NoLimits = new(0, 0, 0);
    private readonly Socket socket;
    private readonly Channel<Element> received = Channel.CreateUnbounded<Element>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<string> toSend = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task reading;
    private readonly Task writing;
    private string end = "closed";

    private readonly Action<string>? trace;

    private readonly Stream stream;

    private Connection(Socket socket, Stream stream, Action<string>? trace)
    {
        this.socket = socket;
        this.stream = stream;
        this.trace = trace;
        reading = ReadAsync();
        writing = WriteAsync();
    }

    /// <summary>True when the server closed its stream before the connection ended.</summary>
    public bool WasClosed { get; private set; }

    /// <param name="address">Where to.</param>
    /// <param name="secureWithin">TLS begins at once (XEP-0368) and is to be there in this time; null: no TLS.</param>
    /// <param name="trace">Gets what is sent and received; null: nobody wants to know.</param>
    /// <exception cref="LineLostException">There is nobody, or no TLS.</exception>
    public static async Task<Connection> OpenAsync(IPEndPoint address, TimeSpan? secureWithin = null, Action<string>? trace = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address);
            Stream stream = new NetworkStream(socket, ownsSocket: false);
            return new Connection(socket, secureWithin is { } within ? await SecureAsync(stream, within) : stream, trace);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            socket.Dispose();
            throw new LineLostException(e.Message);
        }
    }

    [SuppressMessage("Security", "CA5359", Justification = "The server on the same machine made its certificate itself.")]
    private static async Task<Stream> SecureAsync(Stream stream, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                ApplicationProtocols = [new("xmpp-client")],
            },
            limit.Token);
        return tls;
    }

    /// <summary>Sends as soon as the line takes it; what a line that is gone does not take is lost.</summary>
    public void Send(string xml)
    {
        trace?.Invoke("> " + xml);
        toSend.Writer.TryWrite(xml);
    }

    /// <summary>The next first-level element; null when none came in time.</summary>
    /// <exception cref="LineLostException">The stream is over.</exception>
    public async ValueTask<Element?> ReceiveAsync(TimeSpan patience)
    {
        if (received.Reader.TryRead(out Element? ready))
            return ready;
        if (patience <= TimeSpan.Zero)
            return received.Reader.Completion.IsCompleted ? throw new LineLostException(end) : null;
        using var limit = new CancellationTokenSource(patience);
        try
        {
            return await received.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (ChannelClosedException)
        {
            throw new LineLostException(end);
        }
    }

    /// <summary>Ends it as a client does that crashes or changes its network: a reset, or the kernel's FIN.</summary>
    public void Drop(bool reset)
    {
        if (reset)
            socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        toSend.Writer.TryComplete();
        socket.Close();
        await reading;
        await writing;
    }

    private async Task ReadAsync()
    {
        PipeReader input = PipeReader.Create(stream);
        var decoder = new StreamDecoder(NoLimits);
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync();
                ReadOnlySequence<byte> buffer = read.Buffer;
                while (decoder.TryRead(ref buffer, out StreamEvent next))
                {
                    if (next.Kind == StreamEventKind.Close)
                    {
                        WasClosed = true;
                        end = "the server closed the stream";
                        return;
                    }
                    if (next.Element is null)
                        continue;
                    Element element = next.Element.ToElement();
                    trace?.Invoke("< " + element);
                    received.Writer.TryWrite(element);
                    // RFC 6120 §6.4.6: what follows is a new stream.
                    if (element.Is(Namespaces.Sasl, "success"))
                        decoder = new StreamDecoder(NoLimits);
                }
                input.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or StreamException or InvalidOperationException)
        {
            end = e.Message;
        }
        finally
        {
            received.Writer.TryComplete();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (string xml in toSend.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(xml));
                await stream.FlushAsync();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Seen by the reader.
        }
    }
}
