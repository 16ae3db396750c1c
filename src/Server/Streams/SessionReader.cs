using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Management;

namespace PresenceXml.Server.Streams;

/// <summary>Takes what a client sends once it has a session: counts its stanzas (XEP-0198), reads and routes them. The other half is <see cref="SessionWriter"/>.</summary>
internal sealed class SessionReader(ClientStream stream, StreamServices services)
{
    /// <summary>Takes a first-level element. What belongs to a stream feature goes there.</summary>
    /// <exception cref="StreamException">The stream has to end.</exception>
    public ValueTask<StreamStep> TakeAsync(ClientSession session, RawElement element, CancellationToken cancel)
    {
        session.Outbox.Heard(isEnabling: element.Name is { Namespace: StreamManagement.Ns, Name: "enable" });
        if (session.Management is not { } management) return HandleAsync(session, element, cancel);
        if (element.Name.Namespace == StreamManagement.Ns) return services.Manager.NegotiateAsync(stream, element, cancel);
        // XEP-0198 §1: what is no stanza, as a client's state, is not counted.
        if (element.Name.Namespace != Namespaces.Client) return HandleAsync(session, element, cancel);
        // XEP-0198 §4: counted. The session may outlive this line, so what was begun is brought to its end.
        management.Begin();
        ValueTask<StreamStep> handling = HandleAsync(session, element, CancellationToken.None);
        if (!handling.IsCompletedSuccessfully) return CountAsync(management, handling);
        management.Done();
        return handling;
    }

    /// <summary>Takes what may come while a stream is being closed: an acknowledgement of what the client has got.</summary>
    public static void TakeLast(ClientSession session, RawElement element)
    {
        if (element.Name is { Namespace: StreamManagement.Ns, Name: "a" }) StreamManager.Acknowledge(session, element);
    }

    private static async ValueTask<StreamStep> CountAsync(StreamManagement management, ValueTask<StreamStep> handling)
    {
        StreamStep step = await handling;
        management.Done();
        return step;
    }

    private ValueTask<StreamStep> HandleAsync(ClientSession session, RawElement element, CancellationToken cancel) =>
        element.Name.Name is "message" or "presence" || stream.Negotiation.Find(element) is not { } feature
            ? RouteAsync(session, element, cancel)
            : stream.Negotiation.NegotiateAsync(feature, element, cancel);

    private async ValueTask<StreamStep> RouteAsync(ClientSession session, RawElement element, CancellationToken cancel)
    {
        // What was sent behind the end of the account must leave nothing in its name: the next who gets that name would find it.
        if (session.Presentity.IsRemoved) throw new StreamException(StreamError.NotAuthorized);
        // RFC 6120 §4.8.4: an unknown first-level element goes nowhere.
        Stanza stanza = StanzaReader.Read(element, out StanzaError? problem, services.Addresses, session.Address, stream.Lang)
            ?? throw new StreamException(StreamError.UnsupportedStanzaType);
        ClaimedSender.Check(element, session.Address);
        if (problem is not null)
        {
            await stream.ReplyAsync(stanza.ToError(problem), cancel);
            return StreamStep.Continue;
        }
        try
        {
            await services.Router.RouteAsync(session, stanza, cancel);
        }
        catch (Exception e) when (e is not (OperationCanceledException or StreamException))
        {
            // Our bug: this stanza is answered, the session lives.
            StreamLog.RoutingFailed(services.Log, e, session.Address, stanza.Id);
            await stream.ReplyAsync(stanza.ToError(StanzaError.InternalServerError), cancel);
        }
        return StreamStep.Continue;
    }
}
