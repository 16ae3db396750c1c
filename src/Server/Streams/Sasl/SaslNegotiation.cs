using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>SASL as RFC 6120 §6 puts it on the wire.</summary>
internal sealed class SaslNegotiation(MechanismOffer offer, Authenticator authenticator) : IStreamFeature
{
    public StreamState Required => authenticator.Required;

    public StreamState Prohibited => StreamState.Authenticated;

    public void Advertise(ClientStream stream, List<Element> features)
    {
        features.Add(SaslElements.Mechanisms(offer.For(stream)));
        if (offer.OffersBinding(stream)) features.Add(SaslElements.ChannelBindings(stream.Binding!.Type));
    }

    public bool Accepts(RawElement element) => element.Name.Namespace == Namespaces.Sasl && element.Name.Name is "auth" or "response" or "abort";

    public async ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        string mechanism = element["mechanism"] ?? "";
        SaslStep step = element.Name.Name switch
        {
            "auth" => await authenticator.BeginAsync(stream, mechanism, offer.Start(stream, mechanism), SaslElements.Data(element), cancel),
            "response" => await authenticator.RespondAsync(stream, SaslElements.Data(element), cancel),
            _ => Authenticator.Failure(SaslFailure.Aborted),
        };
        switch (step.Kind)
        {
            case SaslStepKind.Challenge:
                await stream.SendAsync(SaslElements.Challenge(step.Data), cancel);
                return StreamStep.Continue;
            case SaslStepKind.Success:
                // RFC 6120 §6.4.6: the header said who it would be.
                if (stream.Claimed is not null && stream.Claimed != stream.Sasl!.Address) throw new StreamException(StreamError.InvalidFrom);
                authenticator.Accept(stream, restarts: true);
                await stream.SendAsync(SaslElements.Success(step.Data), cancel);
                return StreamStep.Restart;
            default:
                return await FailAsync(stream, step, cancel);
        }
    }

    public async ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        if (stream.State.HasFlag(StreamState.Authenticated)) throw new StreamException(StreamError.NotAuthorized);
        // RFC 6120 §6.5.4: TLS comes first.
        return await FailAsync(stream, Authenticator.Failure(SaslFailure.EncryptionRequired), cancel);
    }

    private async ValueTask<StreamStep> FailAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        bool last = authenticator.CountFailure(stream, step);
        await stream.SendAsync(SaslElements.Failure(step.Failure, Authenticator.TextOf(step.Failure)), cancel);
        // RFC 6120 §6.4.5: after too many tries the stream ends.
        return last ? throw new StreamException(StreamError.PolicyViolation) : StreamStep.Continue;
    }
}
