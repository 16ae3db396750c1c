using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Management;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// A stream that we opened to another server, and on which it knows who we are: a link's stanzas go out, acknowledgements come in, and with XEP-0288 the
/// other side's stanzas too.
/// </summary>
internal sealed class ServerStreamOut : ILinkStream
{
    private readonly ServerServices services;
    private readonly OutboundLine outbound;
    private readonly ProvenDomains proven = new();
    private readonly Task running;
    private readonly bool byCertificate;
    private volatile bool isCarried;
    private volatile bool isResumed;

    /// <param name="services">What all streams share.</param>
    /// <param name="outbound">The stream, negotiated; this one closes it.</param>
    /// <param name="negotiated">What was agreed on.</param>
    public ServerStreamOut(ServerServices services, OutboundLine outbound, OutboundResult negotiated)
    {
        this.services = services;
        this.outbound = outbound;
        Name = negotiated.Name;
        HandledBefore = negotiated.HandledBefore;
        Session = negotiated.Session;
        Carrier = new LinkCarrier(services, negotiated.Pair, Line, ownsLine: true);
        if (negotiated.Sent is { } sent) Carrier.Manage(sent);
        Manner = new LinkManner(negotiated.Proof, negotiated.OurProof, false, negotiated.IsBidi, Carrier.IsManaged);
        if (negotiated.IsBidi) proven.TryAdd(negotiated.Pair, negotiated.Proof);
        Session.Attach(Line);
        byCertificate = negotiated.Proof == DomainProof.Certificate;
        Line.Ticked += Tick;
        Line.Admit();
        running = RunAsync();
    }

    /// <summary>The name by which it can be resumed; null when it cannot.</summary>
    public string? Name { get; }

    /// <summary>What came on it.</summary>
    public InboundSession Session { get; }

    public LinkCarrier Carrier { get; }

    public bool IsManaged => Carrier.IsManaged;

    public int? HandledBefore { get; }

    public LinkManner? Manner { get; }

    private ServerLine Line => outbound.Line;

    public Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel)
    {
        isCarried = true;
        return Carrier.CarryAsync(traffic, cancel);
    }

    /// <summary>True while it may be resumed: it had a name, and was lost. What came on it is not read any more then.</summary>
    public async ValueTask<bool> TryLeaveAsync()
    {
        if (Name is null) return false;
        await Session.LeaveLineAsync();
        // Until it goes on nothing is told on it of what changes there; if it cannot, that is known.
        services.Router.End(Session.Origin, isLost: false);
        return await Session.SettleAsync() is not null;
    }

    /// <summary>Another goes on with what came on it.</summary>
    public void Resumed() => isResumed = true;

    public async ValueTask DisposeAsync()
    {
        if (!isCarried) Line.Stop(null);
        await running;
        // It could be resumed and was not, for there was nothing to send: then this is its end.
        if (!isResumed && Session.Origin.Heard.Count > 0) services.Router.End(Session.Origin, isLost: true);
    }

    // RFC 6120 §13.7.2.3: what its certificate proved holds no longer than that does; the next stream shows whether there is another.
    private void Tick(int now)
    {
        if (byCertificate && Line.Peer?.NotAfter < services.Time.GetUtcNow() && !Line.Closing.IsCompleted) Line.Stop(StreamError.Reset);
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await Line.RunAsync(() => Line.Stream.ReadAsync(HandleAsync, Line.Gone), LeaveAsync, null, TakeLast);
        await outbound.CloseAsync();
    }

    private ValueTask LeaveAsync(LineOutcome outcome)
    {
        // Also where it may be resumed, and counted on: until then nothing is told on it.
        services.Router.End(Session.Origin, outcome.IsLost);
        Session.Detach();
        return default;
    }

    private async ValueTask<StreamStep> HandleAsync(StreamEvent next, CancellationToken cancel)
    {
        if (next.Kind != StreamEventKind.Element) return StreamStep.Close;
        StreamStep step = await TakeAsync(next.Element!, cancel);
        await Line.Output.MakeRoomAsync();
        return step;
    }

    private async ValueTask<StreamStep> TakeAsync(RawElement element, CancellationToken cancel)
    {
        switch (element.Name.Namespace)
        {
            case Namespaces.Streams when element.Name.Name == "error":
                return Line.Fail(element);
            case Namespaces.Streams when element.Name.Name == "features":
                return StreamStep.Continue;   // XEP-0220 leaves open whether they come again
            case StreamManagement.Ns:
                Manage(element);
                return StreamStep.Continue;
            case Namespaces.Dialback when DialbackElement.Read(element) is { } dialback:
                // An answer that was not asked for counts for nothing (XEP-0220 §3.1), and what is asked is asked on streams of the other side.
                if (dialback.IsRequest) await Line.SendAsync(dialback.Answer(StanzaError.NotAcceptable).WriteTo);
                return StreamStep.Continue;
            default:
                await InboundStanzas.TakeAsync(services, Session, proven, element, null, cancel);
                return StreamStep.Continue;
        }
    }

    private void Manage(RawElement element)
    {
        switch (element.Name.Name)
        {
            case "a" when IsManaged:
                Carrier.Acknowledged(ManagementElements.Number(element["h"]) ?? throw new StreamException(StreamError.InvalidXml));
                break;
            case "r" when IsManaged:
                Session.Answer();
                break;
        }
    }

    private void TakeLast(RawElement element)
    {
        if (IsManaged && element.Name is { Namespace: StreamManagement.Ns, Name: "a" } && ManagementElements.Number(element["h"]) is { } h) Carrier.Acknowledged(h);
    }
}
