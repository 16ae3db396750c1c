using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>
/// One connection through the proxy. What a side sends is cut into headers, elements and closing tags; what is not tampered with leaves
/// as the bytes that came, and so does what is no stream at all.
/// </summary>
internal sealed class ProxyConnection(BrokenServer owner, string actor, int number, Socket client) : IAsyncDisposable
{
    private static readonly XmlLimits NoLimits = new(0, 0, 0);
    private readonly Socket server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly SemaphoreSlim clientWrite = new(1, 1);
    private readonly TaskCompletionSource clientSecured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource serverSecured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> output = new();
    private Stream clientWire = Stream.Null;
    private Stream serverWire = Stream.Null;
    private volatile StreamDecoder? clientDecoder = new(NoLimits);
    private StreamDecoder? serverDecoder = new(NoLimits);
    private volatile bool isUpgrading;
    private volatile bool isOver;
    private int clientOrdinal;
    private int serverOrdinal;
    private long clientBytes;
    private byte[]? heldBack;
    private Task running = Task.CompletedTask;
    private bool isSilent;
    private bool staysOpen;

    /// <summary>The full JID that the server bound, null before and after.</summary>
    public string? Bound { get; private set; }

    public void Start(int port, bool direct, CancellationToken stop) => running = RunAsync(port, direct, stop);

    /// <summary>Waits until both sides are closed, which <see cref="Start"/> was given the means to hurry.</summary>
    public async ValueTask DisposeAsync()
    {
        await running;
        client.Dispose();
        server.Dispose();
        clientWrite.Dispose();
    }

    /// <summary>Sends the client something that the server did not.</summary>
    public async Task InjectAsync(Element stanza, CancellationToken cancel)
    {
        try
        {
            await WriteToClientAsync(Encoding.UTF8.GetBytes(stanza.ToString()), cancel);
        }
        catch (Exception e) when (IsEndOfWire(e))
        {
            // Nobody is there any more, which is as good as not to have been told.
        }
    }

    private static bool IsEndOfWire(Exception e) => e is IOException or SocketException or ObjectDisposedException or AuthenticationException;

    private async Task RunAsync(int port, bool direct, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            client.NoDelay = true;
            await server.ConnectAsync(owner.Venue.Host, port, over.Token);
            (clientWire, serverWire) = (new NetworkStream(client), new NetworkStream(server));
            if (direct)
            {
                await Task.WhenAll(SecureServerAsync(direct, over.Token), SecureClientAsync(direct, over.Token));
                isUpgrading = true;
            }

            var up = GuardAsync(UpAsync(over.Token), over);
            var down = GuardAsync(DownAsync(over.Token), over);
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (IsEndOfWire(e) || e is OperationCanceledException)
        {
            // A handshake that fails, or the end of the performance: for both sides the line is cut.
        }
        finally
        {
            Bound = null;
            client.Dispose();
            server.Dispose();
            await clientWire.DisposeAsync();
            await serverWire.DisposeAsync();
        }
    }

    // What cuts one direction cuts the other.
    private static async Task GuardAsync(Task direction, CancellationTokenSource over)
    {
        try
        {
            await direction;
        }
        catch
        {
            await over.CancelAsync();
            throw;
        }
    }

    private async Task UpAsync(CancellationToken cancel)
    {
        var chunk = new byte[16384];
        byte[] rest = [];
        var isSecured = isUpgrading;
        while (true)
        {
            if (!isSecured)
            {
                // Waits without taking anything: behind <proceed/> the next bytes belong to the handshake.
                await WaitForClientAsync(cancel);
                if (isUpgrading)
                {
                    await SecureClientAsync(direct: false, cancel);
                    await serverSecured.Task.WaitAsync(cancel);
                    (isSecured, rest) = (true, []);
                    continue;
                }
            }

            var count = await ReadAsync(clientWire, chunk, cancel);
            if (count < 0)
                throw Cut(null);
            if (count == 0)
                break;
            clientBytes += count;
            rest = await JudgeClientAsync([.. rest, .. chunk.AsSpan(0, count)], cancel);
            if (!isOver)
                await WriteToServerAsync(chunk.AsMemory(0, count), cancel);
        }

        if (isOver)
            return;
        if (serverWire is SslStream tls)
            await tls.ShutdownAsync();
        server.Shutdown(SocketShutdown.Send);
    }

    private async Task WaitForClientAsync(CancellationToken cancel)
    {
        try
        {
            await client.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancel);
        }
        catch (SocketException e)
        {
            throw Cut(e); // told once only: the read that follows would see an orderly end
        }
    }

    /// <summary>The client cut the line, and so it is cut for the server.</summary>
    private IOException Cut(Exception? cause)
    {
        server.LingerState = new(true, 0);
        return new("the client cut the line", cause);
    }

    /// <summary>Looks at what the client sends, as far as it is a stream.</summary>
    /// <returns>What is not complete.</returns>
    private async Task<byte[]> JudgeClientAsync(byte[] bytes, CancellationToken cancel)
    {
        while (true)
        {
            if (clientDecoder is not { } decoder)
                return [];
            var buffer = new ReadOnlySequence<byte>(bytes);
            StreamEvent next;
            bool isFound;
            try
            {
                isFound = decoder.TryRead(ref buffer, out next);
            }
            catch (StreamException)
            {
                clientDecoder = null; // a play may send what is no stream; it is not for us to judge
                return [];
            }

            bytes = buffer.ToArray();
            if (!isFound)
                return bytes;
            var passing = new WireEvent(
                new(actor, number, false, clientOrdinal++), KindOf(next), next.Element?.ToElement(), next.Header, clientBytes - bytes.Length, owner.Bound());
            if (owner.Judge(passing) is { } tampering && passing.Element is { } stanza && Bound is { } from)
                await AddToAsync(tampering, stanza, from, cancel);
        }
    }

    private async Task AddToAsync(Tampering tampering, Element stanza, string from, CancellationToken cancel)
    {
        var (target, addition) = tampering switch
        {
            Tampering.AnswerWithError => (this, Mistakes.ErrorFor(stanza, from)),
            Tampering.LeakTo { Actor: var other } => (owner.ConnectionOf(other), stanza.With("from", from)),
            _ => (null, stanza),
        };
        if (target is null)
            return;
        owner.NoteErred();
        await target.InjectAsync(addition, cancel);
    }

    private async Task DownAsync(CancellationToken cancel)
    {
        var chunk = new byte[16384];
        byte[] rest = [];
        while (!isOver)
        {
            var count = await ReadAsync(serverWire, chunk, cancel);
            if (count <= 0)
                break;
            rest = await JudgeServerAsync([.. rest, .. chunk.AsSpan(0, count)], cancel);
            await FlushAsync(cancel);
        }

        Bound = null;
        if (owner.Judge(EventOf(WireEventKind.End, default)) is Tampering.StayOpen)
        {
            staysOpen = true;
            owner.NoteErred();
        }

        if (!staysOpen)
            await CloseClientAsync(cancel);
    }

    /// <returns>What is not complete.</returns>
    private async Task<byte[]> JudgeServerAsync(byte[] bytes, CancellationToken cancel)
    {
        while (true)
        {
            if (serverDecoder is not { } decoder)
            {
                output.Write(bytes);
                return [];
            }

            var buffer = new ReadOnlySequence<byte>(bytes);
            StreamEvent next;
            bool isFound;
            try
            {
                isFound = decoder.TryRead(ref buffer, out next);
            }
            catch (StreamException)
            {
                serverDecoder = null; // the server breaks a rule all by itself, and the play is to see it
                continue;
            }

            var taken = bytes.AsMemory(0, bytes.Length - (int)buffer.Length);
            bytes = buffer.ToArray();
            if (!isFound)
            {
                output.Write(taken.Span);
                return bytes;
            }

            var passing = EventOf(KindOf(next), next);
            Pass(passing, owner.Judge(passing), taken);
            if (isOver)
                return [];
            await FollowAsync(passing, cancel);
        }
    }

    /// <summary>What the server's answer changes on the wire: a bound resource, a new stream, TLS.</summary>
    private async Task FollowAsync(WireEvent passed, CancellationToken cancel)
    {
        if (passed.Kind == WireEventKind.Close)
            Bound = null;
        if (passed.Element is not { } element)
            return;
        if (element["type"] == "result" && element.Child(Namespaces.Bind, "bind")?.Child(Namespaces.Bind, "jid") is { } jid)
            Bound = jid.Text;
        if (element.Is(Namespaces.Sasl, "success"))
            (serverDecoder, clientDecoder) = (new(NoLimits), new(NoLimits));
        if (!element.Is(Namespaces.Tls, "proceed") || isUpgrading)
            return;
        (isUpgrading, serverDecoder, clientDecoder) = (true, new(NoLimits), new(NoLimits));
        await FlushAsync(cancel);
        await SecureServerAsync(direct: false, cancel);
        await clientSecured.Task.WaitAsync(cancel);
    }

    private void Pass(WireEvent passing, Tampering? tampering, ReadOnlyMemory<byte> bytes)
    {
        if (isSilent && !Mistakes.IsFence(passing.Element))
            return;
        var before = output.WrittenCount;
        switch (tampering)
        {
            case null:
                output.Write(bytes.Span);
                break;
            case Tampering.Drop:
                break;
            case Tampering.Twice:
                output.Write(bytes.Span);
                output.Write(bytes.Span);
                break;
            case Tampering.Rewrite rewrite when passing.Element is { } element && rewrite.Change(element) is { } changed:
                changed.WriteTo(output);
                break;
            case Tampering.RewriteHeader rewrite when passing.Header is { } header:
                rewrite.Change(header).WriteTo(output);
                break;
            case Tampering.PutBehindNext:
                heldBack = bytes.ToArray();
                return; // the mistake is made when the next is there
            case Tampering.Silence:
                isSilent = true;
                break;
            case Tampering.Hangup:
                output.Write("</stream:stream>"u8);
                isOver = true;
                break;
            case Tampering.StayOpen:
                isSilent = staysOpen = true;
                break;
            default:
                output.Write(bytes.Span);
                return;
        }

        if (tampering is not null || (heldBack is not null && output.WrittenCount > before))
            owner.NoteErred();
        if (heldBack is not null)
            output.Write(heldBack);
        heldBack = null;
    }

    private WireEvent EventOf(WireEventKind kind, StreamEvent next) =>
        new(new(actor, number, true, serverOrdinal++), kind, next.Element?.ToElement(), next.Header, 0, Mistakes.Nobody);

    private static WireEventKind KindOf(StreamEvent next) => next.Kind switch
    {
        StreamEventKind.Header => WireEventKind.Header,
        StreamEventKind.Close => WireEventKind.Close,
        _ => WireEventKind.Element,
    };

    private async Task FlushAsync(CancellationToken cancel)
    {
        if (output.WrittenCount == 0)
            return;
        try
        {
            await WriteToClientAsync(output.WrittenMemory, cancel);
        }
        catch (IOException)
        {
            // The client is gone; what the server still says to it is lost, as on any line.
        }

        output.ResetWrittenCount();
    }

    private async Task WriteToClientAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await clientWrite.WaitAsync(cancel);
        try
        {
            await clientWire.WriteAsync(bytes, cancel);
        }
        finally
        {
            clientWrite.Release();
        }
    }

    private async Task WriteToServerAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            await serverWire.WriteAsync(bytes, cancel);
        }
        catch (IOException)
        {
            // The server is gone; the client learns it by what it reads.
        }
    }

    private async Task CloseClientAsync(CancellationToken cancel)
    {
        await clientWrite.WaitAsync(cancel);
        try
        {
            isOver = true;
            if (clientWire is SslStream tls)
                await tls.ShutdownAsync();
            client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsEndOfWire(e))
        {
            // It was closed already from the other side.
        }
        finally
        {
            clientWrite.Release();
        }

        server.Dispose();
    }

    /// <summary>Reads. 0: the end; -1: the line was cut.</summary>
    private static async Task<int> ReadAsync(Stream wire, byte[] chunk, CancellationToken cancel)
    {
        try
        {
            return await wire.ReadAsync(chunk, cancel);
        }
        catch (IOException)
        {
            return -1;
        }
    }

    private async Task SecureClientAsync(bool direct, CancellationToken cancel)
    {
        var tls = new SslStream(clientWire);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = owner.Certificate,
                ApplicationProtocols = direct ? [new("xmpp-client")] : null,
            },
            cancel);
        clientWire = tls;
        clientSecured.SetResult();
    }

    private async Task SecureServerAsync(bool direct, CancellationToken cancel)
    {
        var tls = new SslStream(serverWire);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = owner.Venue.Domain,
                RemoteCertificateValidationCallback = (_, _, _, errors) => owner.Venue.Insecure || errors == SslPolicyErrors.None,
                ApplicationProtocols = direct ? [new("xmpp-client")] : null,
            },
            cancel);
        serverWire = tls;
        serverSecured.SetResult();
    }
}
