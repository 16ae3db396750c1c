using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Streams;

namespace PresenceXml.Server.Modules.Registration;

/// <summary>
/// XEP-0077 §8: registration as a stream feature. A request where it is not offered is answered service-unavailable (§3.1); once a
/// resource is bound the requests are stanzas like others and go to <see cref="RegistrationModule"/>.
/// </summary>
internal sealed class RegistrationFeature(RegistrationService service) : IStreamFeature
{
    private static readonly Element Advertisement = new("http://jabber.org/features/iq-register", "register");

    public StreamState Required => StreamState.None;

    public StreamState Prohibited => StreamState.Authenticated;

    public bool IsStanzaOnceBound => true;

    public void Advertise(ClientStream stream, List<Element> features)
    {
        if (service.IsOpen(stream.State.HasFlag(StreamState.Secure))) features.Add(Advertisement);
    }

    public bool Accepts(RawElement element) => IqPayload.Is(element, RegistrationForm.Ns, "query");

    public async ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        if (StanzaReader.Read(element, out StanzaError? problem) is not Iq request || (problem is null && !request.IsRequest))
            throw new StreamException(StreamError.NotAuthorized);
        Stanza? answer = problem is not null
            ? RegistrationForm.Refuse(request, problem)
            : await service.AnswerAsync(request, stream.Domain, stream.Address, stream.State.HasFlag(StreamState.Secure), cancel);
        await stream.ReplyAsync(answer, cancel);
        return StreamStep.Continue;
    }
}
