using System.Security.Authentication;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>A stream that we opened to another server, while it is being negotiated: one question after the other (RFC 6120 §4.3, §5.4).</summary>
internal sealed class OutboundLine : IAsyncDisposable
{
    private readonly ServerServices services;
    private readonly ServerConnection connection;
    private readonly DomainPair pair;
    private readonly LinkTrace trace;
    private readonly CancellationToken cancel;

    /// <param name="services">What all streams share.</param>
    /// <param name="connection">The connection; this one closes it.</param>
    /// <param name="pair">Who speaks to whom.</param>
    /// <param name="trace">Takes each step.</param>
    /// <param name="cancel">Gives up.</param>
    public OutboundLine(ServerServices services, ServerConnection connection, DomainPair pair, LinkTrace trace, CancellationToken cancel)
    {
        this.services = services;
        this.connection = connection;
        this.pair = pair;
        this.trace = trace;
        this.cancel = cancel;
        Line = new ServerLine(services, connection.Transport, connection.Abort);
    }

    public ServerLine Line { get; }

    /// <summary>What the other side offers now; empty for one of before XMPP 1.0.</summary>
    public Element Features { get; private set; } = new(Namespaces.Streams, "features");

    /// <summary>True when the other side speaks dialback.</summary>
    public bool HasDialback { get; private set; }

    /// <summary>True when that feature is offered.</summary>
    public bool Offers(string ns, string name) => Features.Child(ns, name) is not null;

    /// <summary>Opens the stream and encrypts it, so far as it must be or can.</summary>
    /// <exception cref="LinkFailedException">It could not be opened.</exception>
    public async ValueTask OpenAsync()
    {
        if (connection.IsDirectTls) await EncryptAsync(isDirect: true);
        await OpenStreamAsync();
        // RFC 7590 §3.1: also where it is not offered, for an attacker between us may have taken the offer away.
        if (!Line.IsSecure && (Offers(Namespaces.Tls, "starttls") || services.RequiresTls))
        {
            await StartTlsAsync();
            await EncryptAsync(isDirect: false);
            await OpenStreamAsync();
        }
    }

    /// <summary>Opens a stream, or opens it anew (RFC 6120 §4.3.3), and reads what is offered.</summary>
    /// <exception cref="LinkFailedException">It could not be opened.</exception>
    public async ValueTask OpenStreamAsync()
    {
        trace.Step = LinkStep.Stream;
        // §4.7.1: who we are is told where it can be, and dialback needs it.
        await SendAsync(ServerElements.Header(pair.Local, pair.Remote, null, "1.0").WriteTo);
        StreamEvent next = await ReadEventAsync();
        if (next.Header is not { } header) throw Failure(LinkStep.Stream, StanzaError.RemoteServerTimeout, "the other side sent no stream header", Remedies.NotAServer(pair.Remote));
        if (header.ContentNamespace != Namespaces.Server) throw Failure(LinkStep.Stream, StanzaError.RemoteServerTimeout, "the other side is not a server for servers: its content namespace is " + PeerCertificate.Printable(header.ContentNamespace), Remedies.NotAServer(pair.Remote));
        Line.Id = header.Id ?? "";
        HasDialback = header.Declarations.Any(static declaration => declaration.Namespace == Namespaces.Dialback);
        Features = new Element(Namespaces.Streams, "features");
        trace.Add($"stream opened by {header.From ?? "somebody who does not say who he is"}{(Line.IsSecure ? ", encrypted" : "")}");
        if (header.Version is null)
        {
            trace.Add("the other side is from before XMPP 1.0: no features");
            return;
        }
        RawElement element = await ReadAsync();
        if (element.Name is not { Namespace: Namespaces.Streams, Name: "features" })
            throw Failure(LinkStep.Stream, StanzaError.RemoteServerTimeout, $"the other side sent <{element.Name.Name}> where its features belong", Remedies.NotAServer(pair.Remote));
        Features = element.ToElement();
        HasDialback |= Offers(ServerElements.DialbackFeatureNs, "dialback");
        trace.Add($"offered: {string.Join(", ", Features.Children.Select(Describe).DefaultIfEmpty("nothing"))}");
    }

    /// <summary>Reads the next first-level element.</summary>
    /// <exception cref="LinkFailedException">The other side ended the stream, or was lost.</exception>
    public async ValueTask<RawElement> ReadAsync()
    {
        StreamEvent next = await ReadEventAsync();
        if (next.Element is not { } element) throw Failure(trace.Step, StanzaError.RemoteServerTimeout, "the other side closed the stream", Remedies.Lost(pair.Remote));
        if (element.Name is not { Namespace: Namespaces.Streams, Name: "error" }) return element;
        Line.Fail(element);
        // §4.9.3.6, XEP-0220 §2.5: it is not there at all.
        StanzaError condition = Line.PeerError!.Condition is "host-unknown" or "host-gone" ? StanzaError.RemoteServerNotFound : StanzaError.RemoteServerTimeout;
        throw Failure(trace.Step, condition, $"the other side ended the stream: {Line.PeerErrorText}", Remedies.PeerError(pair.Local, pair.Remote, Line.PeerError.Condition));
    }

    /// <summary>Sends something.</summary>
    /// <exception cref="LinkFailedException">The connection was lost.</exception>
    public async ValueTask SendAsync(Action<System.Buffers.IBufferWriter<byte>> write)
    {
        try
        {
            await Line.SendAsync(write);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw Lost(e);
        }
    }

    /// <summary>Why it failed, told to the trace too.</summary>
    /// <param name="step">Where.</param>
    /// <param name="condition">What senders are told.</param>
    /// <param name="reason">For people.</param>
    /// <param name="remedy">What can be done about it (<see cref="Remedies"/>); null: nothing is known.</param>
    /// <param name="cause">What happened, if that was an exception.</param>
    public LinkFailedException Failure(LinkStep step, StanzaError condition, string reason, string? remedy, Exception? cause = null)
    {
        trace.Step = step;
        trace.Add($"failed: {reason}");
        if (remedy is not null) trace.Advise(remedy);
        return new LinkFailedException(step, condition, reason, cause) { Remedy = remedy };
    }

    /// <summary>Ends the stream politely without waiting for the other side, when something was said on it, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Line.Id.Length > 0 && !Line.Gone.IsCancellationRequested)
            {
                Line.Stop(null);
                await Line.Output.EndAsync(output => Line.Stream.WriteEnd(null));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It was lost.
        }
        Line.Abort("given up");
        await CloseAsync();
    }

    /// <summary>Closes the connection.</summary>
    public async ValueTask CloseAsync()
    {
        try
        {
            await Line.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // What TLS would still have said is not said on a connection that was cut.
        }
        await connection.Close();
    }

    private async ValueTask StartTlsAsync()
    {
        trace.Step = LinkStep.Tls;
        bool isOffered = Offers(Namespaces.Tls, "starttls");
        await SendAsync(ServerElements.Writing(ServerElements.StartTls));
        RawElement answer;
        try
        {
            answer = await ReadAsync();
        }
        catch (LinkFailedException e) when (!isOffered)
        {
            throw Failure(LinkStep.Tls, e.Condition, $"{pair.Remote} offers no TLS, and tls.required is true", Remedies.NoTls(pair.Remote), e);
        }
        if (answer.Name is not { Namespace: Namespaces.Tls, Name: "proceed" })
            throw Failure(LinkStep.Tls, StanzaError.RemoteServerTimeout, $"the other side refused STARTTLS with <{answer.Name.Name}>", Remedies.NoTls(pair.Remote));
    }

    private async ValueTask EncryptAsync(bool isDirect)
    {
        trace.Step = LinkStep.Tls;
        try
        {
            string tls = await Line.ConnectTlsAsync(new TlsTarget(pair.Remote, pair.Local, isDirect)).AsTask().WaitAsync(cancel);
            trace.Add($"encrypted: {tls}");
        }
        catch (AuthenticationException e)
        {
            throw Failure(LinkStep.Tls, StanzaError.RemoteServerTimeout, $"TLS failed: {e.InnerException?.Message ?? e.Message}", Remedies.Handshake, e);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw Lost(e);
        }
    }

    private async ValueTask<StreamEvent> ReadEventAsync()
    {
        StreamEvent read = default;
        try
        {
            StreamEnd end = await Line.Stream.ReadAsync((next, _) =>
            {
                read = next;
                return new ValueTask<StreamStep>(next.Kind == StreamEventKind.None ? StreamStep.Continue : StreamStep.Close);
            }, cancel);
            return end == StreamEnd.Stopped ? read : throw Lost(null);
        }
        catch (StreamException e)
        {
            throw Failure(trace.Step, StanzaError.RemoteServerTimeout, $"what the other side sent is no XMPP: {e.Message}", Remedies.NotAServer(pair.Remote), e);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw Lost(e);
        }
    }

    private LinkFailedException Lost(Exception? cause)
    {
        cancel.ThrowIfCancellationRequested();
        return Failure(trace.Step, StanzaError.RemoteServerTimeout, $"the connection to {connection.Name} was lost", Remedies.Lost(pair.Remote), cause);
    }

    private static string Describe(Element feature) => feature.LocalName switch
    {
        "mechanisms" => $"SASL {string.Join(' ', feature.Children.Select(static mechanism => PeerCertificate.Printable(mechanism.Text)).DefaultIfEmpty("without a mechanism for us"))}",
        _ => feature.LocalName,
    };
}
