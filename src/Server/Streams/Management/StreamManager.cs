using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams.Management;

/// <summary>
/// Stream management (XEP-0198 1.6) as a client asks for it, by elements of its own or inside its sign-in (XEP-0388, XEP-0386). The
/// stream itself counts its stanzas; the session and its outbox know the rest.
/// </summary>
internal sealed class StreamManager : IStreamFeature, ITicking
{
    private readonly SessionKeeper keeper;
    private readonly ClientNotes notes;
    private readonly StreamManagementOptions options;

    public StreamManager(SessionKeeper keeper, ClientNotes notes, StreamClock clock, ServerOptions options)
    {
        this.keeper = keeper;
        this.notes = notes;
        this.options = options.StreamManagement;
        clock.Add(this);
    }

    public StreamState Required => StreamState.Authenticated;

    public StreamState Prohibited => StreamState.None;

    public void Advertise(ClientStream stream, List<Element> features) => features.Add(ManagementElements.Feature);

    public bool Accepts(RawElement element) => element.Name.Namespace == StreamManagement.Ns;

    public async ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        switch (element.Name.Name)
        {
            case "r" when stream.Session?.Management is { } management:
                management.Answer();
                break;
            case "a" when stream.Session is { Management: not null } session:
                Acknowledge(session, element);
                break;
            case "enable" when stream.Session is { } session:
                session.Outbox.Manage(await EnableAsync(stream, element.ToElement()), options.WindowStanzas, options.WindowBytes);
                break;
            case "resume" when stream.Session is null:
                await stream.SendAsync(await ResumeAsync(stream, element.ToElement(), cancel), cancel);
                if (stream.Session is not null) stream.StartSession();
                break;
            default:
                // §3, §6: out of order, and recoverable.
                await FailAsync(stream, cancel);
                break;
        }
        return StreamStep.Continue;
    }

    /// <summary>§3: nothing of this before authentication.</summary>
    public async ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        await FailAsync(stream, cancel);
        return StreamStep.Continue;
    }

    /// <summary>
    /// Turns stream management on for the session of a stream whose writer is not started yet, for a request inside a sign-in. Returns the
    /// answer, <c>enabled</c>; every stanza that is written behind it counts.
    /// </summary>
    public async ValueTask<Element> EnableInlineAsync(ClientStream stream, Element enable)
    {
        Element enabled = await EnableAsync(stream, enable);
        stream.Session!.Outbox.Manage(null, options.WindowStanzas, options.WindowBytes);
        return enabled;
    }

    /// <summary>
    /// Resumes a session on a stream that is authenticated and has none. Returns the answer: <c>resumed</c>, and the stream has adopted the
    /// session, whose writer is to be started behind the answer (<see cref="ClientStream.StartSession"/>); or <c>failed</c>.
    /// </summary>
    /// <exception cref="StreamException">The client acknowledges more than it was sent (§6).</exception>
    public async ValueTask<Element> ResumeAsync(ClientStream stream, Element resume, CancellationToken cancel)
    {
        if (!keeper.CanResume) return ManagementElements.Failed(StanzaError.FeatureNotImplemented);
        if (resume["previd"] is not { } id || ManagementElements.Number(resume["h"]) is not { } h) return ManagementElements.Failed(StanzaError.BadRequest);
        Resumption resumption = await keeper.ResumeAsync(stream.Account!, id, h, stream.Yield, cancel);
        if (resumption.Sent is { } sent) throw new StreamException(ManagementElements.TooHigh(h, sent));
        if (resumption.Session is not { } session) return ManagementElements.Failed(resumption.Error!, resumption.Handled);
        stream.Adopt(session);
        await notes.ConfirmAsync(stream);
        return ManagementElements.Resumed(id, resumption.Handled!.Value);
    }

    /// <summary>Takes an acknowledgement, also one that comes while the stream is being closed.</summary>
    /// <exception cref="StreamException">It is none, or of more than was sent (§6).</exception>
    public static void Acknowledge(ClientSession session, RawElement element)
    {
        uint h = ManagementElements.Number(element["h"]) ?? throw new StreamException(StreamError.InvalidXml with { Text = "An acknowledgement needs a number." });
        if (session.Outbox.Acknowledged(h) is { } sent) throw new StreamException(ManagementElements.TooHigh(h, sent));
    }

    void ITicking.Tick(int now) => keeper.Tick(now);

    private async ValueTask<Element> EnableAsync(ClientStream stream, Element enable)
    {
        ClientSession session = stream.Session!;
        // §3: one attempt.
        if (session.Management is not null) throw new StreamException(StreamError.PolicyViolation with { Text = "Stream management is on already." });
        int? seconds = ManagementElements.Number(enable["max"]) is { } max and > 0 ? (int)Math.Min(max, int.MaxValue) : null;
        StreamManagement management = await keeper.EnableAsync(session, ManagementElements.IsTrue(enable["resume"]), seconds, stream.Yield);
        return ManagementElements.Enabled(management.Id, management.Seconds, options.Location);
    }

    private static ValueTask FailAsync(ClientStream stream, CancellationToken cancel)
    {
        Element failed = ManagementElements.Failed(StanzaError.UnexpectedRequest);
        if (stream.Session is null) return stream.SendAsync(failed, cancel);
        stream.Session.Outbox.Tell(failed);
        return default;
    }
}
