using System.Net.Sockets;
using System.Text;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>
/// One connection through the proxy. What a side sends is cut into headers, elements and closing tags; what is not tampered with leaves
/// as the bytes that came, and so does what is no stream at all.
/// </summary>
internal sealed class ProxyConnection(BrokenServer owner, string actor, int number, Socket accepted) : IAsyncDisposable
{
    private readonly ProxyWire client = new(accepted);
    private readonly ProxyWire server = new(new(SocketType.Stream, ProtocolType.Tcp));
    private readonly Forger forger = new();
    private readonly StreamCutter fromClient = new();
    private readonly StreamCutter fromServer = new();
    private volatile bool isUpgrading;
    private volatile bool isOver;
    private int clientOrdinal;
    private int serverOrdinal;
    private long clientBytes;
    private Task running = Task.CompletedTask;

    /// <summary>The full JID that the server bound, null before and after.</summary>
    public string? Bound { get; private set; }

    public void Start(int port, bool direct, CancellationToken stop) => running = RunAsync(port, direct, stop);

    /// <summary>Waits until both sides are closed, which <see cref="Start"/> was given the means to hurry.</summary>
    public async ValueTask DisposeAsync()
    {
        await running;
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    /// <summary>Sends the client something that the server did not.</summary>
    public Task InjectAsync(Element stanza, CancellationToken cancel) => client.WriteAsync(Encoding.UTF8.GetBytes(stanza.ToString()), cancel);

    private async Task RunAsync(int port, bool direct, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // What cannot be cancelled (a goodbye that nobody reads) ends with its socket.
        using var ending = stop.Register(Close);
        try
        {
            await server.ConnectAsync(owner.Venue.Host, port, over.Token);
            client.Open();
            server.Open();
            if (direct)
            {
                await Task.WhenAll(SecureServerAsync(direct, over.Token), client.SecureAsServerAsync(owner.Certificate, direct, over.Token));
                isUpgrading = true;
            }

            await Task.WhenAll(GuardAsync(UpAsync(over.Token), over), GuardAsync(DownAsync(over.Token), over));
        }
        catch (Exception e) when (ProxyWire.IsEnd(e) || e is OperationCanceledException)
        {
            // A handshake that fails, or the end of the performance: for both sides the line is cut.
        }
        finally
        {
            Bound = null;
            Close();
        }
    }

    private void Close()
    {
        client.Close();
        server.Close();
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
        try
        {
            await CopyUpAsync(cancel);
        }
        catch (IOException)
        {
            server.PrepareCut(); // cut by the client: so it is for the server
            throw;
        }

        if (!isOver)
            await server.SayGoodbyeAsync(cancel);
    }

    private async Task CopyUpAsync(CancellationToken cancel)
    {
        var chunk = new byte[16384];
        byte[] rest = [];
        var isSecured = isUpgrading;
        while (true)
        {
            if (!isSecured)
            {
                // Behind <proceed/> the next bytes belong to the handshake.
                await client.WaitAsync(cancel);
                if (isUpgrading)
                {
                    await client.SecureAsServerAsync(owner.Certificate, direct: false, cancel);
                    await server.Secured.WaitAsync(cancel);
                    (isSecured, rest) = (true, []);
                    continue;
                }
            }

            var count = await client.ReadAsync(chunk, cancel);
            if (count == 0)
                return;
            clientBytes += count;
            rest = await JudgeClientAsync([.. rest, .. chunk.AsSpan(0, count)], cancel);
            if (!isOver)
                await server.WriteAsync(chunk.AsMemory(0, count), cancel);
        }
    }

    /// <summary>Looks at what the client sends, as far as it is a stream.</summary>
    /// <returns>What is not complete.</returns>
    private async Task<byte[]> JudgeClientAsync(byte[] bytes, CancellationToken cancel)
    {
        while (fromClient.TryCut(ref bytes, out var next, out _))
        {
            var passing = new WireEvent(
                new(actor, number, false, clientOrdinal++), KindOf(next), next.Element?.ToElement(), next.Header, clientBytes - bytes.Length, owner.Bound());
            if (owner.Judge(passing) is { } tampering && passing.Element is { } stanza && Bound is { } from)
                await AddToAsync(tampering, stanza, from, cancel);
        }

        return fromClient.IsStream ? bytes : [];
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
        await CopyDownAsync(cancel);
        Bound = null;
        if (owner.Judge(EventOf(WireEventKind.End, default)) is Tampering.StayOpen)
        {
            forger.StaysOpen = true;
            owner.NoteErred();
        }

        if (forger.StaysOpen)
            return;
        isOver = true;
        await client.SayGoodbyeAsync(cancel);
        server.Close();
    }

    private async Task CopyDownAsync(CancellationToken cancel)
    {
        var chunk = new byte[16384];
        byte[] rest = [];
        try
        {
            for (int count; !forger.HasHungUp && (count = await server.ReadAsync(chunk, cancel)) > 0;)
            {
                rest = await JudgeServerAsync([.. rest, .. chunk.AsSpan(0, count)], cancel);
                await FlushAsync(cancel);
            }
        }
        catch (IOException) when (!isUpgrading || server.Secured.IsCompletedSuccessfully)
        {
            // Cut by the server: for a client that is the end as well.
        }
    }

    /// <returns>What is not complete.</returns>
    private async Task<byte[]> JudgeServerAsync(byte[] bytes, CancellationToken cancel)
    {
        StreamEvent next;
        ReadOnlyMemory<byte> taken;
        while (fromServer.TryCut(ref bytes, out next, out taken))
        {
            var passing = EventOf(KindOf(next), next);
            if (forger.Pass(passing, owner.Judge(passing), taken.Span))
                owner.NoteErred();
            if (forger.HasHungUp)
                return [];
            await FollowAsync(passing, cancel);
        }

        if (fromServer.IsStream)
        {
            forger.Pass(taken.Span);
            return bytes;
        }

        forger.Pass(bytes); // the server breaks a rule all by itself, and the play is to see it
        return [];
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
        else if (owner.SessionOf(element, Bound) is { } session)
            Bound = session;
        if (element.Is(Namespaces.Sasl, "success"))
            RestartStreams();
        if (!element.Is(Namespaces.Tls, "proceed") || isUpgrading)
            return;
        RestartStreams();
        isUpgrading = true;
        await FlushAsync(cancel);
        await SecureServerAsync(direct: false, cancel);
        await client.Secured.WaitAsync(cancel);
    }

    private void RestartStreams()
    {
        fromClient.Restart();
        fromServer.Restart();
    }

    private Task SecureServerAsync(bool direct, CancellationToken cancel) =>
        server.SecureAsClientAsync(owner.Venue.Domain, owner.Venue.Insecure, direct, cancel);

    private async Task FlushAsync(CancellationToken cancel)
    {
        if (forger.Written.IsEmpty)
            return;
        await client.WriteAsync(forger.Written, cancel);
        forger.Clear();
    }

    private WireEvent EventOf(WireEventKind kind, StreamEvent next) =>
        new(new(actor, number, true, serverOrdinal++), kind, next.Element?.ToElement(), next.Header, 0, Mistakes.Nobody);

    private static WireEventKind KindOf(StreamEvent next) => next.Kind switch
    {
        StreamEventKind.Header => WireEventKind.Header,
        StreamEventKind.Close => WireEventKind.Close,
        _ => WireEventKind.Element,
    };
}
