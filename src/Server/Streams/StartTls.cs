using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams;

/// <summary>STARTTLS (RFC 6120 §5). While TLS is required nothing else is offered before it, because everything else requires it.</summary>
internal sealed class StartTls(ServerOptions options) : IStreamFeature
{
    /// <summary>Sent once nothing is known to lie behind <c>starttls</c>; TLS begins with the next byte.</summary>
    public static readonly Element Proceed = new(Namespaces.Tls, "proceed");

    public static readonly Element Failure = new(Namespaces.Tls, "failure");

    private readonly Element advertisement = new(Namespaces.Tls, "starttls", options.Tls.Required ? new Element(Namespaces.Tls, "required") : null);

    public StreamState Required => StreamState.None;

    public StreamState Prohibited => StreamState.Secure | StreamState.Authenticated;

    public void Advertise(ClientStream stream, List<Element> features) => features.Add(advertisement);

    public bool Accepts(RawElement element) => element.Name is { Name: "starttls", Namespace: Namespaces.Tls };

    public ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel) => new(StreamStep.Upgrade);

    /// <summary>RFC 6120 §5.4.2.2: <c>failure</c>, and the stream is closed.</summary>
    public async ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        // With a session only its writer writes; there the step is plainly not allowed.
        if (stream.Session is not null) throw new StreamException(StreamError.NotAuthorized);
        await stream.SendAsync(Failure, cancel);
        return StreamStep.Close;
    }
}
