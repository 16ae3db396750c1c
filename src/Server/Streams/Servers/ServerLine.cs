using System.IO.Pipelines;
using System.Security.Authentication;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// A connection with another server, whichever side opened it: its stream, its time limits, who writes, and how it ends. What is said on it is
/// its owner's.
/// </summary>
internal sealed class ServerLine : ITicking, IAsyncDisposable
{
    private readonly ServerServices services;
    private readonly StreamConnection connection;
    private readonly StreamWatch watch;
    private readonly TaskCompletionSource<LineOutcome> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StreamError? demanded;
    private string? abortReason;
    private int livelyAt;

    /// <param name="services">What all of them share.</param>
    /// <param name="plain">The bytes.</param>
    /// <param name="abort">Cuts the connection; may be called from any thread and more than once.</param>
    public ServerLine(ServerServices services, IDuplexPipe plain, Action abort)
    {
        this.services = services;
        Stream = new XmppStream(plain, services.StrangerLimits, services.Clock) { ForbidsWhitespace = static () => false, ContentNamespace = Namespaces.Server };
        connection = new StreamConnection(plain, abort, Stream);
        Output = new ServerOutput(Stream, connection.Gone);
        watch = new StreamWatch(Stream, services.Limits, services.AckSeconds, Demand, Abort);
        if (services.Limits.PreAuthSeconds > 0) watch.Deadline = services.Clock.Now + services.Limits.PreAuthSeconds;
        livelyAt = services.Clock.Now;
        services.Clock.Add(this);
    }

    public XmppStream Stream { get; }

    public ServerOutput Output { get; }

    /// <summary>Cancelled when nothing more can be read or written.</summary>
    public CancellationToken Gone => connection.Gone;

    /// <summary>True once it is encrypted.</summary>
    public bool IsSecure { get; private set; }

    /// <summary>What the other server showed; null when it showed nothing.</summary>
    public PeerCertificate? Peer { get; private set; }

    /// <summary>What the other side said when it ended the stream with an error.</summary>
    public StreamError? PeerError { get; private set; }

    /// <summary>Of the stream that is open now, made by the receiving side (RFC 6120 §4.7.3); "" before its header.</summary>
    public string Id { get; set; } = "";

    /// <summary>Raised about once a second with the clock's seconds, on the timer's thread; must not wait.</summary>
    public event Action<int>? Ticked;

    /// <summary>Done when nothing more is read, but perhaps acknowledgements; never fails.</summary>
    public Task Closing => closing.Task;

    /// <summary>Done when the connection has come to its end; never fails.</summary>
    public Task<LineOutcome> Ended => ended.Task;

    /// <summary>Does the handshake as TLS server.</summary>
    /// <param name="domain">The stream's <c>to</c>; null for direct TLS.</param>
    /// <exception cref="AuthenticationException">No TLS, or none that we accept.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public async ValueTask AcceptTlsAsync(string? domain)
    {
        watch.IsMute = true;
        Encrypted(await connection.AcceptServerAsync(services.Certificates, services.Trust, domain));
    }

    /// <summary>Does the handshake as TLS client.</summary>
    /// <exception cref="AuthenticationException">As for <see cref="AcceptTlsAsync"/>.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public async ValueTask<string> ConnectTlsAsync(TlsTarget target)
    {
        watch.IsMute = true;
        TlsTransport tls = await connection.ConnectAsync(services.Certificates, services.Trust, target);
        Encrypted(tls);
        return tls.ToString();
    }

    /// <summary>The peer is known: it has as much time as it likes, and may send as much as an account.</summary>
    public void Admit()
    {
        watch.Admit();
        Stream.Limits = services.AccountLimits;
    }

    /// <summary>Sends one element.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ValueTask SendAsync(Element element) => SendAsync(output => element.WriteTo(output, Namespaces.Server));

    /// <summary>Sends what is written.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask SendAsync(Action<System.Buffers.IBufferWriter<byte>> write)
    {
        if (!await Output.SendAsync(write)) throw new IOException("The connection is gone.");
    }

    /// <summary>Ends the stream from outside, with an error or, null, in good order. From any thread.</summary>
    public void Stop(StreamError? error)
    {
        if (error is not null)
        {
            watch.End(error, services.Clock.Now);
            return;
        }
        watch.Part(services.Clock.Now);
        Stream.Interrupt();
    }

    /// <summary>Cuts the connection, and says why. From any thread.</summary>
    public void Abort(string reason)
    {
        Interlocked.CompareExchange(ref abortReason, reason, null);
        connection.Abort();
    }

    /// <summary>Cuts the connection. From any thread.</summary>
    public void Abort() => Abort("it made no progress in time");

    /// <summary>Takes the other side's stream error.</summary>
    public StreamStep Fail(RawElement error)
    {
        Element tree = error.ToElement();
        string condition = tree.Children.FirstOrDefault(static child => child.Namespace == Namespaces.StreamErrors && child.LocalName != "text")?.LocalName ?? "undefined-condition";
        string? text = tree.Child(Namespaces.StreamErrors, "text")?.Text;
        PeerError = new StreamError(PeerCertificate.Printable(condition), text is null ? null : PeerCertificate.Printable(text));
        return StreamStep.Close;
    }

    /// <summary>What the other side's stream error says, for people.</summary>
    public string PeerErrorText => PeerError is null ? "" : PeerError.Text is null ? PeerError.Condition : $"{PeerError.Condition}: {PeerError.Text}";

    /// <summary>Reads until one side ends the stream, then ends it. Never throws.</summary>
    /// <param name="read">Reads until there is nothing more to read; <see cref="StreamEnd.Stopped"/> when the peer closed, or failed.</param>
    /// <param name="leave">Called when nothing more is read, before the stream is ended.</param>
    /// <param name="unopened">Writes the header that an error needs before it (RFC 6120 §4.9.1.2) when none was sent; null when one was.</param>
    /// <param name="look">Gets each element that comes while the stream is being ended.</param>
    public async Task<LineOutcome> RunAsync(Func<ValueTask<StreamEnd>> read, Func<LineOutcome, ValueTask>? leave, Func<Action<System.Buffers.IBufferWriter<byte>>?>? unopened, Action<RawElement>? look)
    {
        StreamError? error = null;
        bool broken = false, closed = false, unreadable = false;
        string reason = "closed by the other side";
        try
        {
            StreamEnd end = await read();
            broken = end == StreamEnd.Lost;
            closed = end == StreamEnd.Stopped;
            if (broken) reason = abortReason ?? "the connection was lost";
            else if (end == StreamEnd.Interrupted) reason = "closed by us";
        }
        catch (StreamException e)
        {
            error = e.Error;
            unreadable = true;
            reason = $"ended by us: {e.Message}";
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
        {
            broken = true;
            reason = abortReason ?? (e is AuthenticationException ? $"TLS failed: {e.Message}" : "the connection was lost");
        }
        catch (Exception e)
        {
            ServerLog.Failed(services.Log, e);
            error = StreamError.InternalServerError;
            reason = "ended by us: internal-server-error";
        }
        if (PeerError is not null) reason = $"the other side ended the stream: {PeerErrorText}";
        if (!unreadable && error is null && Volatile.Read(ref demanded) is { } wanted)
        {
            error = wanted;
            reason = $"ended by us: {wanted.Condition}";
        }
        var outcome = new LineOutcome(broken || error is not null || PeerError is not null, broken, reason);
        // Who still writes is not to wait for a peer that is not there.
        if (broken) connection.Abort();
        closing.TrySetResult();
        if (leave is not null) await leave(outcome);
        if (!broken)
        {
            watch.Part(services.Clock.Now);
            try
            {
                if (await Output.EndAsync(output =>
                {
                    unopened?.Invoke()?.Invoke(output);
                    Stream.WriteEnd(error);
                })) await connection.PartAsync(unreadable, closed, look);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
            {
                // It took too long, or was cut meanwhile and its pipe completed.
            }
        }
        ended.TrySetResult(outcome);
        return outcome;
    }

    void ITicking.Tick(int now)
    {
        watch.Tick(now);
        Ticked?.Invoke(now);
        if (services.Limits.IdleSeconds <= 0 || now - Math.Max(livelyAt, Stream.LastRead) < services.Limits.IdleSeconds) return;
        // RFC 6120 §4.6.1: a space asks nothing of the other server, and shows a dead connection.
        livelyAt = now;
        if (Id.Length > 0 && !watch.IsMute) Output.Post(static output => System.Buffers.BuffersExtensions.Write(output, " "u8));
    }

    public async ValueTask DisposeAsync()
    {
        services.Clock.Remove(this);
        closing.TrySetResult();
        ended.TrySetResult(new LineOutcome(true, true, abortReason ?? "the connection was given up"));
        await connection.DisposeAsync();
    }

    private void Encrypted(TlsTransport tls)
    {
        Peer = tls.Peer;
        IsSecure = true;
        Id = "";
        watch.IsMute = false;
    }

    private void Demand(StreamError error)
    {
        Interlocked.CompareExchange(ref demanded, error, null);
        Stream.Interrupt();
    }
}
