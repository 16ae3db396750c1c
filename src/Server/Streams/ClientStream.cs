using System.IO.Pipelines;
using System.Security.Authentication;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams;

/// <summary>
/// A client's connection from its first byte to its last: negotiation (RFC 6120 §4.3), then stanzas. One task runs it and reads;
/// while there is no session the same task writes, afterwards only <see cref="SessionWriter"/> does.
/// </summary>
internal sealed class ClientStream : IListenedStream
{
    private readonly StreamServices services;
    private readonly StreamConnection connection;
    private readonly XmppStream stream;
    private readonly StreamWatch watch;
    private readonly SessionReader reader;
    private Task<bool>? writing;
    private StreamError? demanded;
    private bool headerSent;
    private bool clientFailed;
    private volatile bool isYielding;

    /// <param name="connection">The bytes.</param>
    /// <param name="address">Where they come from.</param>
    /// <param name="abortConnection">Cuts the connection; may be called from any thread and more than once.</param>
    /// <param name="services">What all streams share.</param>
    public ClientStream(IDuplexPipe connection, AddressPrefix address, Action abortConnection, StreamServices services)
    {
        this.services = services;
        Address = address;
        Negotiation = new StreamNegotiation(this, services.Features);
        reader = new SessionReader(this, services);
        stream = new XmppStream(connection, services.StrangerLimits, services.Clock) { ForbidsWhitespace = () => IsSigningIn };
        this.connection = new StreamConnection(connection, abortConnection, stream);
        watch = new StreamWatch(stream, services.Limits, services.AckSeconds, Demand, Abort);
        if (services.Limits.PreAuthSeconds > 0) watch.Deadline = services.Clock.Now + services.Limits.PreAuthSeconds;
    }

    public AddressPrefix Address { get; }

    public StreamState State { get; private set; }

    /// <summary>The domain of ours the client speaks to; "" before its header.</summary>
    public string Domain { get; private set; } = "";

    /// <summary>The bare JID the client's header claims over TLS; not proven.</summary>
    public Jid? Claimed { get; private set; }

    /// <summary>The authenticated account.</summary>
    public Jid? Account { get; private set; }

    /// <summary>How the account was proven; null before.</summary>
    public SignedIn? SignedIn { get; private set; }

    public ClientSession? Session { get; private set; }

    /// <summary>What SCRAM can be bound to on this connection.</summary>
    public ChannelBinding? Binding => connection.Binding;

    /// <summary>SASL's memory of this stream; gone once it succeeded.</summary>
    public SaslProgress? Sasl { get; private set; } = new();

    /// <summary>Binds that were refused (RFC 6120 §7.6.2).</summary>
    public int BindRefusals { get; set; }

    /// <summary>The default language of what the client sends (RFC 6120 §4.7.4); null when it named none.</summary>
    public string? Lang { get; private set; }

    /// <summary>True between the beginning and the end of an exchange of XEP-0388.</summary>
    public bool IsSigningIn => Sasl?.SignIn is not null;

    /// <summary>What is offered and taken in the state the stream is in.</summary>
    public StreamNegotiation Negotiation { get; }

    /// <summary>Sends one element during negotiation.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ValueTask SendAsync(Element element, CancellationToken cancel)
    {
        stream.Write(element);
        return connection.FlushAsync(cancel);
    }

    /// <summary>Sends one element, and what the stream offers from now on (XEP-0388 §2.6.1).</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ValueTask SendWithFeaturesAsync(Element element, CancellationToken cancel)
    {
        stream.Write(element);
        stream.WriteFeatures(Negotiation.Advertise());
        return connection.FlushAsync(cancel);
    }

    /// <summary>Answers a request of this client, with or without a session.</summary>
    public async ValueTask ReplyAsync(Stanza? answer, CancellationToken cancel)
    {
        if (answer is null) return;
        if (Session is not null) await Session.SendAsync(answer, cancel);
        else await AnswerAsync(answer, cancel);
    }

    /// <summary>Writes an answer, while no session's writer does.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ValueTask AnswerAsync(Stanza answer, CancellationToken cancel)
    {
        StanzaWriter.Write(stream.Output, answer, Namespaces.Client);
        return connection.FlushAsync(cancel);
    }

    /// <summary>SASL succeeded (RFC 6120 §6.4.6).</summary>
    /// <param name="signedIn">Who it is, and how that was proven.</param>
    /// <param name="restarts">False: this stream goes on (XEP-0388 §2.6.1).</param>
    public void Authenticate(SignedIn signedIn, bool restarts)
    {
        SignedIn = signedIn;
        Account = signedIn.Account.Jid;
        Sasl = null;
        State |= StreamState.Authenticated;
        stream.Limits = services.AccountLimits;
        // RFC 6120 §4.3.3: a new stream, so an error in its very header comes behind a header of ours again (§4.9.1.2).
        if (restarts) headerSent = false;
        StreamLog.Authenticated(services.Log, Account, Address, signedIn.Mechanism);
    }

    /// <summary>
    /// The stream has a session from now on, and ends it whatever happens to the connection. The client is still to be told, by who calls this
    /// and with what it likes; then comes <see cref="StartSession"/>.
    /// </summary>
    public void Adopt(ClientSession session)
    {
        Session = session;
        // Who resumes one knows of it.
        if (session.Management is null) session.Outbox.Doubt();
        // Whoever goes on with a session has it from now on.
        if (SignedIn?.Client is { } client) session.Client = client;
        State |= StreamState.Bound;
    }

    /// <summary>From now on only the writer of the session that was adopted writes.</summary>
    public void StartSession()
    {
        ClientSession session = Session!;
        watch.Watch(session);
        writing = WriteAsync(session);
    }

    /// <summary>Ends the stream from outside, with a few seconds for what is in flight. From any thread.</summary>
    public void Stop(StreamError error) => watch.End(error, services.Clock.Now);

    /// <summary>
    /// Another line takes the session (XEP-0198 §5): this one stops to read and write for it, and then ends with <c>conflict</c>. From any
    /// thread.
    /// </summary>
    public void Yield()
    {
        isYielding = true;
        Session?.Outbox.Dismiss();
        watch.Part(services.Clock.Now);
        stream.Interrupt();
        // Whoever does not read would have to be waited for. One that has only just begun is over by itself, or cut by the watch.
        if (stream.Hold(true) is >= 0 and int since && since < services.Clock.Now) Abort();
    }

    /// <summary>Cuts the connection. From any thread.</summary>
    public void Abort()
    {
        // A handler that waits for room in the outbox would keep the session from leaving.
        if (Session?.Management is not null) Session.Outbox.Dismiss();
        connection.Abort();
    }

    /// <summary>Runs the stream to its end. Never throws.</summary>
    /// <param name="direct">True when the connection begins with TLS (XEP-0368).</param>
    public async Task RunAsync(bool direct)
    {
        services.Clock.Add(watch);
        StreamLog.Connected(services.Log, Address, direct);
        try
        {
            await ConverseAsync(direct);
        }
        catch (Exception e)
        {
            StreamLog.Failed(services.Log, e, Account?.ToString() ?? Address.ToString());
        }
        finally
        {
            services.Clock.Remove(watch);
            StreamLog.Disconnected(services.Log, Address, Session?.Address ?? Account);
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task ConverseAsync(bool direct)
    {
        StreamError? error = null;
        bool lost = false, peerClosed = false;
        try
        {
            if (direct) await EncryptAsync(null);
            StreamEnd end = await ReadAsync();
            lost = end == StreamEnd.Lost;
            peerClosed = end == StreamEnd.Stopped && !clientFailed;
        }
        catch (StreamException e)
        {
            error = e.Error;
            StreamLog.PeerError(services.Log, Session?.Address ?? Account, Address, e.Message);
        }
        catch (IOException) when (isYielding && !connection.Gone.IsCancellationRequested)
        {
            // Nothing more leaves for the session; what was written of it goes with the farewell.
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
        {
            // Cut, aborted, or no TLS (RFC 6120 §5.4.3.2: then nothing more is sent).
            lost = true;
            StreamLog.Lost(services.Log, Session?.Address ?? Account, Address, e.Message);
        }
        catch (Exception e)
        {
            StreamLog.Failed(services.Log, e, Account?.ToString() ?? Address.ToString());
            error = StreamError.InternalServerError;
        }
        bool broken = error is not null;
        error ??= Volatile.Read(ref demanded);
        if (Session is not null) lost = !await LeaveSessionAsync(Session, error, lost, broken, peerClosed);
        else if (!lost) lost = !await EndAsync(error);
        if (!lost) await PartAsync(broken, peerClosed, null);
    }

    /// <summary>Reads, and goes through TLS when asked to.</summary>
    private async ValueTask<StreamEnd> ReadAsync()
    {
        while (true)
        {
            StreamEnd end = await stream.ReadAsync(HandleAsync, connection.Gone);
            if (end != StreamEnd.Upgrade) return end;
            await SendAsync(StartTls.Proceed, connection.Gone);
            await EncryptAsync(Domain);
        }
    }

    private async ValueTask EncryptAsync(string? domain)
    {
        watch.IsMute = true;
        TlsTransport tls = await connection.EncryptAsync(services.Certificates, domain);
        StreamLog.Encrypted(services.Log, Address, tls);
        watch.IsMute = false;
        // RFC 6120 §5.4.3.3: what was learned before TLS is forgotten.
        State = StreamState.Secure;
        Domain = "";
        Claimed = null;
        Lang = null;
        headerSent = false;
        Sasl = new SaslProgress();
    }

    private ValueTask<StreamStep> HandleAsync(StreamEvent next, CancellationToken cancel) => next.Kind switch
    {
        StreamEventKind.Header => OpenAsync(next.Header!, cancel),
        StreamEventKind.Element when next.Element!.Name is { Namespace: Namespaces.Streams, Name: "error" } => GiveUp(),
        StreamEventKind.Element when Session is not null => reader.TakeAsync(Session, next.Element!, cancel),
        StreamEventKind.Element => Negotiation.TakeAsync(next.Element!, cancel),
        _ => new ValueTask<StreamStep>(StreamStep.Close),
    };

    /// <summary>RFC 6120 §4.9.1.1: the client's stream error is answered by the closing tag alone. Its own comes behind.</summary>
    private ValueTask<StreamStep> GiveUp()
    {
        clientFailed = true;
        return new ValueTask<StreamStep>(StreamStep.Close);
    }

    private async ValueTask<StreamStep> OpenAsync(StreamHeader header, CancellationToken cancel)
    {
        StreamOpening opening = StreamOpening.Of(header, services.Domains);
        opening.Response.WriteTo(stream.Output);
        headerSent = true;
        if (opening.Error is not null) throw new StreamException(opening.Error);
        if (Account is not null)
        {
            // The identity was proven to one domain; nobody else's stream begins with it.
            if (opening.Domain != Account.Domain) throw new StreamException(StreamError.HostUnknown);
            if (opening.Claimed is not null && opening.Claimed != Account) throw new StreamException(StreamError.InvalidFrom);
        }
        Domain = opening.Domain!;
        Lang = opening.Lang;
        // RFC 6120 §4.7.1: only what came over TLS is worth comparing.
        Claimed = State.HasFlag(StreamState.Secure) ? opening.Claimed : null;
        if (opening.HasFeatures) stream.WriteFeatures(Negotiation.Advertise());
        await connection.FlushAsync(cancel);
        return StreamStep.Continue;
    }

    /// <summary>The session's writer, and what its end means for the reader.</summary>
    private async Task<bool> WriteAsync(ClientSession session)
    {
        bool written = false;
        try
        {
            written = await SessionWriter.RunAsync(stream, session.Outbox, connection.Gone);
        }
        catch (OperationCanceledException)
        {
            // The reader saw the end first.
        }
        catch (Exception e)
        {
            StreamLog.Failed(services.Log, e, session.Address.ToString());
        }
        if (written) stream.Interrupt();
        else if (!isYielding) Abort();
        return written;
    }

    /// <summary>Leaves the session, exactly once: it ends, or waits for another line. False: there is nothing more to be said on this one.</summary>
    private async ValueTask<bool> LeaveSessionAsync(ClientSession session, StreamError? error, bool lost, bool broken, bool peerClosed)
    {
        bool yields = isYielding && error is null && !peerClosed && !clientFailed;
        LineEnd ending = peerClosed ? LineEnd.Closed : lost || yields ? LineEnd.Lost : LineEnd.Ended;
        bool isManaged = session.Management is not null;
        bool alive = false;
        try
        {
            // A lost connection takes nothing more: what waits goes back to where it is safe.
            if (lost) await connection.LeaveAsync();
            // Its end of the stream is a word, too.
            if (peerClosed) session.Outbox.Heard();
            if (isManaged && ending == LineEnd.Lost) session.Outbox.Dismiss();
            else session.Close(error);
            if (writing is not null) alive = await writing;
            // The client was lost, or failed, while it was being told of its session.
            else if (!lost && !yields) alive = await EndAsync(error);
            if (alive && isManaged && !broken && !peerClosed)
            {
                // What it has got it can still say.
                await PartAsync(broken: false, peerClosed: false, session);
                alive = false;
            }
        }
        finally
        {
            await services.Keeper.LeaveAsync(session, ending, services.Clock.Now);
            services.Clients.Left(session);
        }
        if (!yields || connection.Gone.IsCancellationRequested) return alive;
        // XEP-0198 §5: the session has gone to another line.
        stream.Hold(false);
        return await EndAsync(StreamError.Conflict);
    }

    /// <summary>Ends a stream without a session (RFC 6120 §4.9.1.2: a header goes before, also when none came). False: the connection was lost.</summary>
    private ValueTask<bool> EndAsync(StreamError? error)
    {
        if (!headerSent) StreamOpening.Unread(services.Domains).WriteTo(stream.Output);
        return connection.EndAsync(error);
    }

    /// <summary>Waits for the client's end of a stream that was ended here, for a while.</summary>
    /// <param name="broken">True when what it sends cannot be read any more.</param>
    /// <param name="peerClosed">True when its end has come.</param>
    /// <param name="session">Whose acknowledgements are still taken.</param>
    private ValueTask PartAsync(bool broken, bool peerClosed, ClientSession? session)
    {
        watch.Part(services.Clock.Now);
        return connection.PartAsync(broken, peerClosed, session is null ? null : element => SessionReader.TakeLast(session, element));
    }

    private void Demand(StreamError error)
    {
        if (Session is ClientSession session)
        {
            session.Close(error);
            return;
        }
        Interlocked.CompareExchange(ref demanded, error, null);
        stream.Interrupt();
    }
}
