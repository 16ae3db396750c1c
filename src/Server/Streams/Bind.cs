using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams;

/// <summary>Resource binding (RFC 6120 §7).</summary>
internal sealed class Bind(SessionBinder binder, ClientNotes notes, ILogger<Bind> log) : IStreamFeature
{
    // RFC 6120 §7.6.2.3: between 5 and 10 tries.
    private const int MostRefusals = 10;
    private static readonly Element Advertisement = new(Namespaces.Bind, "bind");

    public StreamState Required => StreamState.Authenticated;

    public StreamState Prohibited => StreamState.Bound;

    public void Advertise(ClientStream stream, List<Element> features) => features.Add(Advertisement);

    public bool Accepts(RawElement element) => IqPayload.Is(element, Namespaces.Bind, "bind");

    public async ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        if (StanzaReader.Read(element, out StanzaError? problem) is not Iq request) throw new StreamException(StreamError.NotAuthorized);
        if (problem is null && request.Type != IqType.Set) problem = StanzaError.BadRequest;
        if (problem is not null) return await RefuseAsync(stream, request, problem, cancel);

        BindResult result;
        string? asked = Resource(request);
        try
        {
            result = await binder.BindAsync(stream.Account!, asked, cancel);
        }
        catch (StorageException e)
        {
            StreamLog.StoreUnreadable(log, e);
            result = new BindResult(null, StanzaError.ResourceConstraint);
        }
        if (result.Session is null) return await RefuseAsync(stream, request, result.Error!, cancel);

        // First of all, so that it is ended whatever happens to the connection.
        stream.Adopt(result.Session);
        await notes.BoundAsync(stream, asked);
        var jid = new Element(Namespaces.Bind, "jid", result.Session.Address.ToString());
        await stream.AnswerAsync(request.ToResult(new Element(Namespaces.Bind, "bind", jid)), cancel);
        stream.StartSession();
        return StreamStep.Continue;
    }

    public async ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        // RFC 6120 §7.1: one resource for a stream. Before authentication there is nothing to bind to.
        if (stream.Session is null || StanzaReader.Read(element, out _) is not Iq request) throw new StreamException(StreamError.NotAuthorized);
        await stream.ReplyAsync(request.ToError(StanzaError.NotAllowed), cancel);
        return StreamStep.Continue;
    }

    private static async ValueTask<StreamStep> RefuseAsync(ClientStream stream, Iq request, StanzaError error, CancellationToken cancel)
    {
        await stream.ReplyAsync(request.ToError(error), cancel);
        if (++stream.BindRefusals >= MostRefusals) throw new StreamException(StreamError.PolicyViolation);
        return StreamStep.Continue;
    }

    /// <summary>What the client asks for, prepared; null to make one up: none was asked for, or one that cannot be (RFC 6120 §7.7.2.1 prefers that to an error).</summary>
    private static string? Resource(Iq request)
    {
        string? asked = request.Content.Child(0).Child(Namespaces.Bind, "resource")?.Text;
        return !string.IsNullOrEmpty(asked) && JidPreparation.TryResource(asked, out string? prepared) ? prepared : null;
    }
}
