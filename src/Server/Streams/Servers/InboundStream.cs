using System.IO.Pipelines;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Management;
using PresenceXml.Server.Streams.Sasl;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// A connection that another server opened, from its first byte to its last: TLS, proof of who it is (RFC 6120 §13.7.2.2), then its stanzas. One task runs
/// it and reads.
/// </summary>
internal sealed class InboundStream : IListenedStream
{
    // Each failure is a line in the log, and some are connections of ours to where a stranger says. No server has so many domains that cannot be proven.
    private const int MaxFailures = 30;

    // A peer that proved itself says at once whether it wants stream management; then what we have for it may go.
    private const int SettleSeconds = 2;

    private readonly ServerServices services;
    private readonly InboundDialback dialback;
    private readonly Lock gate = new();
    private volatile InboundSession? session;
    private string local = "";
    private string? remote;
    private string? lang;
    private bool isAuthenticated;
    private bool isBidi;
    private bool isOffered;
    private int failures;
    private int provenAt = int.MaxValue;
    private DateTimeOffset since;

    /// <param name="services">What all of them share.</param>
    /// <param name="verifier">Asks whether a key is right.</param>
    /// <param name="connection">The bytes.</param>
    /// <param name="address">Where they come from.</param>
    /// <param name="abort">Cuts the connection; may be called from any thread and more than once.</param>
    public InboundStream(ServerServices services, DialbackVerifier verifier, IDuplexPipe connection, AddressPrefix address, Action abort)
    {
        this.services = services;
        Address = address;
        Line = new ServerLine(services, connection, abort);
        Line.Ticked += Tick;
        dialback = new InboundDialback(this, services, verifier);
    }

    public AddressPrefix Address { get; }

    public ServerLine Line { get; }

    /// <summary>Which pairs of domains it may bring stanzas for.</summary>
    public ProvenDomains Proven { get; } = new();

    /// <summary>A pair of domains is proven. From any thread. False: there are too many.</summary>
    public bool Prove(DomainPair pair, DomainProof proof)
    {
        if (!Proven.TryAdd(pair, proof)) return false;
        ServerLog.Proven(services.Log, pair.Remote, pair.Local, proof, Address);
        services.Incoming.Note(pair, $"{pair.Remote} has opened a stream to us, from {Address}, and is proven by {LinkManner.Word(proof)}");
        lock (gate)
        {
            if (session is null)
            {
                session = new InboundSession(pair, proof);
                session.Attach(Line);
            }
            else
            {
                session.Origin.Weaken(proof);
            }
        }
        Volatile.Write(ref provenAt, services.Clock.Now);
        Line.Admit();
        services.Remote.Heard(pair);
        return true;
    }

    /// <summary>The other server did not prove what it wanted to, or asked for what nobody asks for. False: it did so too often, and the stream is to end. From any thread.</summary>
    public bool MayFail() => Interlocked.Increment(ref failures) < MaxFailures;

    /// <summary>What it is told then.</summary>
    public static StreamError TooManyFailures { get; } = StreamError.PolicyViolation with { Text = "Too much that was not proven" };

    /// <summary>Ends the stream from outside. From any thread.</summary>
    public void Stop(StreamError error) => Line.Stop(error);

    /// <summary>Runs the stream to its end. Never throws.</summary>
    /// <param name="direct">True when the connection begins with TLS (XEP-0368).</param>
    public async Task RunAsync(bool direct)
    {
        ServerLog.Connected(services.Log, Address, direct);
        since = services.Time.GetUtcNow();
        services.Incoming.Add(this, Describe);
        LineOutcome outcome = await Line.RunAsync(() => ReadAsync(direct), LeaveAsync, Unopened, TakeLast);
        services.Incoming.Remove(this);
        ServerLog.Ended(services.Log, remote ?? "an unknown server", Address, outcome.Reason);
    }

    public ValueTask DisposeAsync() => Line.DisposeAsync();

    private IEnumerable<IncomingReport> Describe() =>
        Proven.All.Select(one => new IncomingReport(one.Key, one.Value, Address.ToString(), since, isBidi, session is { IsManaged: true }));

    private void Tick(int now)
    {
        if (now - SettleSeconds >= Volatile.Read(ref provenAt)) OfferBack();
        // RFC 6120 §13.7.2.3: what a certificate proved holds no longer than it does, by SASL or without (XEP-0220 §1.1).
        if (Line.Peer?.NotAfter < services.Time.GetUtcNow() && Proven.ByCertificate && !Line.Closing.IsCompleted) Line.Stop(StreamError.Reset);
    }

    private async ValueTask<StreamEnd> ReadAsync(bool direct)
    {
        if (direct) await EncryptAsync(null);
        while (true)
        {
            StreamEnd end = await Line.Stream.ReadAsync(HandleAsync, Line.Gone);
            if (end != StreamEnd.Upgrade) return end;
            await Line.SendAsync(StartTls.Proceed);
            await EncryptAsync(local);
        }
    }

    private async ValueTask EncryptAsync(string? domain)
    {
        await Line.AcceptTlsAsync(domain);
        // RFC 6120 §5.4.3.3: what was learned before TLS is forgotten.
        local = "";
        remote = lang = null;
        isBidi = false;
    }

    private async ValueTask LeaveAsync(LineOutcome outcome)
    {
        if (session is not { } mine) return;
        // XEP-0198 §4: who is told what was handled has nothing to send again.
        if (!outcome.IsBroken && mine.IsManaged) await mine.AnswerLastAsync();
        services.Sessions.Leave(mine, outcome.IsLost);
    }

    private Action<System.Buffers.IBufferWriter<byte>>? Unopened() => Line.Id.Length == 0 ? ServerOpening.Unread(services.Domains).WriteTo : null;

    private async ValueTask<StreamStep> HandleAsync(StreamEvent next, CancellationToken cancel)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Header:
                await OpenAsync(next.Header!);
                return StreamStep.Continue;
            case StreamEventKind.Element:
                StreamStep step = await TakeAsync(next.Element!, cancel);
                await Line.Output.MakeRoomAsync();
                return step;
            default:
                return StreamStep.Close;
        }
    }

    private async ValueTask OpenAsync(StreamHeader header)
    {
        ServerOpening opening = ServerOpening.Of(header, services.Domains, services.Policies);
        Line.Id = opening.Response.Id!;
        StreamError? error = opening.Error;
        // What was proven by SASL was proven for one pair of domains; nobody else's stream begins with it (RFC 6120 §4.9.3.9).
        if (error is null && isAuthenticated && opening.Local != local) error = StreamError.HostUnknown;
        if (error is null && isAuthenticated && opening.Remote is not null && opening.Remote != remote) error = StreamError.InvalidFrom;
        if (error is null && !isAuthenticated)
        {
            local = opening.Local;
            remote = opening.Remote;
        }
        lang = opening.Lang;
        await Line.SendAsync(output =>
        {
            opening.Response.WriteTo(output);
            if (error is null && opening.Response.Version is not null) StreamFeatures.WriteTo(output, Features());
        });
        if (error is not null) throw new StreamException(error);
    }

    private List<Element> Features()
    {
        var features = new List<Element>();
        if (!Line.IsSecure)
        {
            features.Add(services.RequiresTls ? StartTlsRequired : ServerElements.StartTls);
            // RFC 6120 §5.3.1: nothing else beside it.
            if (services.RequiresTls) return features;
        }
        if (!isAuthenticated)
        {
            // XEP-0178 §3 step 8: where the certificate is good for who it says it is.
            if (remote is not null && Line.Peer?.Proves(remote) == true) features.Add(ServerElements.Mechanisms);
            features.Add(ServerElements.BidiFeature);
        }
        features.Add(ServerElements.DialbackFeature);
        // XEP-0198 §3: to be used once it is proven who asks; after dialback there are no further features.
        features.Add(ManagementElements.Feature);
        return features;
    }

    private static readonly Element StartTlsRequired = new(Namespaces.Tls, "starttls", new Element(Namespaces.Tls, "required"));

    private async ValueTask<StreamStep> TakeAsync(RawElement element, CancellationToken cancel)
    {
        switch (element.Name.Namespace)
        {
            case Namespaces.Streams when element.Name.Name == "error":
                return Line.Fail(element);
            case Namespaces.Tls when element.Name.Name == "starttls":
                return await StartTlsAsync();
            case Namespaces.Sasl:
                return await AuthenticateAsync(element);
            case ServerElements.BidiNs when element.Name.Name == "bidi":
                EnableBidi();
                return StreamStep.Continue;
            case Namespaces.Dialback when DialbackElement.Read(element) is { } request:
                await dialback.TakeAsync(request);
                return StreamStep.Continue;
            case StreamManagement.Ns:
                await ManageAsync(element, cancel);
                return StreamStep.Continue;
            default:
                if (session is null) throw new StreamException(StreamError.NotAuthorized);   // RFC 6120 §4.9.3.12, also for what is no stanza
                await InboundStanzas.TakeAsync(services, session, Proven, element, lang, cancel);
                OfferBack();
                return StreamStep.Continue;
        }
    }

    private async ValueTask<StreamStep> StartTlsAsync()
    {
        if (!Line.IsSecure && session is null) return StreamStep.Upgrade;
        // RFC 6120 §5.4.2.2
        await Line.SendAsync(StartTls.Failure);
        return StreamStep.Close;
    }

    /// <summary>SASL with the one mechanism there is (RFC 6120 §6, XEP-0178 §3).</summary>
    private async ValueTask<StreamStep> AuthenticateAsync(RawElement element)
    {
        if (isAuthenticated || element.Name.Name is not ("auth" or "abort")) throw new StreamException(StreamError.NotAuthorized);
        SaslFailure? failure = Authenticate(element);
        if (failure is { } refused)
        {
            // XEP-0178 §3 step 13: dialback may follow.
            await Line.SendAsync(SaslElements.Failure(refused));
            if (!MayFail()) throw new StreamException(TooManyFailures);
            return StreamStep.Continue;
        }
        isAuthenticated = true;
        Line.Id = "";   // RFC 6120 §4.3.3: a new stream, so an error in its very header comes behind a header of ours again (§4.9.1.2)
        await Line.SendAsync(SaslElements.Success(default));
        Prove(new DomainPair(local, remote!), DomainProof.Certificate);
        return StreamStep.Restart;
    }

    private SaslFailure? Authenticate(RawElement element)
    {
        if (element.Name.Name == "abort") return SaslFailure.Aborted;
        if (!Line.IsSecure && services.RequiresTls) return SaslFailure.EncryptionRequired;
        if (element["mechanism"] != ServerElements.External) return SaslFailure.InvalidMechanism;
        if (SaslElements.Data(element) is not { } data) return SaslFailure.IncorrectEncoding;
        // XEP-0178 §3 step 9: nobody, or the domain of the header.
        string asked = System.Text.Encoding.UTF8.GetString(data.Octets ?? []);
        if (asked.Length > 0 && (remote is null || !Jid.TryParse(asked, out Jid? authorized) || authorized.ToString() != remote)) return SaslFailure.InvalidAuthzid;
        return remote is not null && Line.Peer?.Proves(remote) == true ? null : SaslFailure.NotAuthorized;
    }

    /// <summary>XEP-0288 §2.2: before it is proven who asks, and behind TLS.</summary>
    private void EnableBidi()
    {
        if (session is not null || (services.RequiresTls && !Line.IsSecure)) throw new StreamException(StreamError.PolicyViolation with { Text = "Too late, or too early, for bidi" });
        isBidi = true;
    }

    /// <summary>Stream management of a server that is sending to us (XEP-0198 1.6).</summary>
    private async ValueTask ManageAsync(RawElement element, CancellationToken cancel)
    {
        InboundSession? mine = session;
        switch (element.Name.Name)
        {
            case "r" when mine is { IsManaged: true }:
                mine.Answer();
                break;
            case "a" when mine?.Carrier is { IsManaged: true } carrier:
                carrier.Acknowledged(ManagementElements.Number(element["h"]) ?? throw new StreamException(StreamError.InvalidXml));
                break;
            case "a" when mine is { IsManaged: true }:
                break;   // we sent nothing
            case "enable" when mine is { IsManaged: false } && mine.Origin.Heard.Count == 0:
                await EnableAsync(mine, ManagementElements.IsTrue(element["resume"]));
                break;
            case "resume" when mine is { IsManaged: false } && mine.Origin.Heard.Count == 0:
                await ResumeAsync(mine, element, cancel);
                break;
            default:
                await Line.SendAsync(ManagementElements.Failed(StanzaError.UnexpectedRequest));
                break;
        }
    }

    private async ValueTask EnableAsync(InboundSession mine, bool isResumable)
    {
        mine.IsManaged = true;
        if (isResumable) services.Sessions.Name(mine);
        await Line.SendAsync(ManagementElements.Enabled(mine.Id, services.Sessions.Seconds, null));
        OfferBack();
    }

    private async ValueTask ResumeAsync(InboundSession mine, RawElement element, CancellationToken cancel)
    {
        if (element["previd"] is not { } id || await services.Sessions.ResumeAsync(mine.Pair, id, Line, cancel) is not { } resumed)
        {
            await Line.SendAsync(ManagementElements.Failed(StanzaError.ItemNotFound));
            return;
        }
        lock (gate)
        {
            // It goes on by what was proven now, if that is less.
            resumed.Session.Origin.Weaken(mine.Origin.Proof);
            session = resumed.Session;
        }
        await Line.SendAsync(ManagementElements.Resumed(id, resumed.Handled));
        OfferBack(ManagementElements.Number(element["h"]));
    }

    /// <summary>Lets the link the other way use this stream, once (XEP-0288 §2.2: to who was proven, from whom it was proven to).</summary>
    /// <param name="resumed">Of a stream that was resumed: how much the other side has handled of what it was sent; null for any other.</param>
    private void OfferBack(uint? resumed = null)
    {
        LinkCarrier carrier;
        LinkCarrier? before = null;
        int? handledBefore = null;
        DomainProof proof;
        lock (gate)
        {
            if (!isBidi || isOffered || session is not { } mine || Line.Id.Length == 0 || services.Bidi.ComesFirst(mine.Pair)) return;
            isOffered = true;
            proof = mine.Origin.Proof;
            carrier = new LinkCarrier(services, mine.Pair, Line, ownsLine: false);
            if (mine.IsManaged) carrier.Manage(resumed ?? 0);
            if (resumed is { } h)
            {
                before = mine.Carrier;
                handledBefore = before?.Handled(h);
            }
            mine.Carrier = carrier;
        }
        services.Remote.TryCarry(carrier.Pair, new BackStream(carrier, proof, before, handledBefore));
    }

    private void TakeLast(RawElement element)
    {
        if (element.Name is { Namespace: StreamManagement.Ns, Name: "a" } && session?.Carrier is { IsManaged: true } carrier && ManagementElements.Number(element["h"]) is { } h)
            carrier.Acknowledged(h);
    }
}
