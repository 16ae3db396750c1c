using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Streams;

/// <summary>
/// COMPAT: the session of RFC 3921 §3, which means nothing any more. Pidgin, Psi, mcabber and others ask for it when it is announced,
/// and some older ones whether or not.
/// </summary>
internal sealed class LegacySession : IStreamFeature
{
    private static readonly Element Advertisement = new(Namespaces.Session, "session", new Element(Namespaces.Session, "optional"));

    public StreamState Required => StreamState.Authenticated;

    public StreamState Prohibited => StreamState.None;

    public void Advertise(ClientStream stream, List<Element> features) => features.Add(Advertisement);

    public bool Accepts(RawElement element) => IqPayload.Is(element, Namespaces.Session, "session");

    public async ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        // RFC 6120 §7.1: before binding there is no stanza but the one that binds.
        if (stream.Session is null || StanzaReader.Read(element, out StanzaError? problem) is not Iq request) throw new StreamException(StreamError.NotAuthorized);
        if (problem is null && request.Type != IqType.Set) problem = StanzaError.BadRequest;
        await stream.ReplyAsync(problem is null ? request.ToResult() : request.ToError(problem), cancel);
        return StreamStep.Continue;
    }
}
