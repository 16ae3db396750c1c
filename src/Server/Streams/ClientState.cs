using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams;

/// <summary>
/// XEP-0352: Client State Indication, 1.0: a client says whether somebody looks at it. What waits meanwhile is the outbox's matter. Told to
/// nobody (§6), and no answer; a new or resumed stream begins as active (§5.2).
/// </summary>
internal sealed class ClientState(ServerOptions options) : IStreamFeature
{
    private static readonly Element Advertisement = new(Importance.Ns, "csi");

    public StreamState Required => StreamState.Authenticated;

    public StreamState Prohibited => StreamState.None;

    public void Advertise(ClientStream stream, List<Element> features) => features.Add(Advertisement);

    public bool Accepts(RawElement element) => element.Name is { Namespace: Importance.Ns, Name: "active" or "inactive" };

    public ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        // RFC 6120 §7.1: before binding there is nobody to be active.
        if (stream.Session is not { } session) throw new StreamException(StreamError.NotAuthorized);
        if (element.Name.Name == "active") session.Outbox.Rouse();
        else session.Outbox.Rest(options.ClientState.WaitingStanzas, options.ClientState.WaitingBytes);
        return new(StreamStep.Continue);
    }
}
