using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Streams;

/// <summary>Which features a stream is offered, and which of them an element belongs to (RFC 6120 §4.3.2).</summary>
internal sealed class StreamNegotiation(ClientStream stream, IReadOnlyList<IStreamFeature> features)
{
    /// <summary>What is to be advertised now.</summary>
    public List<Element> Advertise()
    {
        var advertised = new List<Element>();
        foreach (IStreamFeature feature in features)
            if (Allows(feature)) feature.Advertise(stream, advertised);
        return advertised;
    }

    /// <summary>The feature that an element belongs to, whatever the stream's state; null for a stanza, and for what is none of them.</summary>
    public IStreamFeature? Find(RawElement element)
    {
        bool isBound = stream.State.HasFlag(StreamState.Bound);
        foreach (IStreamFeature feature in features)
            if (feature.Accepts(element) && !(feature.IsStanzaOnceBound && isBound)) return feature;
        return null;
    }

    /// <summary>Negotiates, or refuses what the state does not allow.</summary>
    /// <exception cref="StreamException">The stream has to end.</exception>
    public ValueTask<StreamStep> NegotiateAsync(IStreamFeature feature, RawElement element, CancellationToken cancel) =>
        Allows(feature) ? feature.NegotiateAsync(stream, element, cancel) : feature.RefuseAsync(stream, element, cancel);

    /// <summary>Takes an element of a stream without a session.</summary>
    /// <exception cref="StreamException">The stream has to end.</exception>
    public ValueTask<StreamStep> TakeAsync(RawElement element, CancellationToken cancel)
    {
        // XEP-0388 §2.4: nothing comes in between.
        if (stream.IsSigningIn && element.Name.Namespace != Sasl2.Sasl2Elements.Ns) throw new StreamException(StreamError.NotAuthorized);
        // RFC 6120 §4.9.3.12, §7.1: nothing but negotiation before it is done.
        return Find(element) is { } feature ? NegotiateAsync(feature, element, cancel) : throw new StreamException(StreamError.NotAuthorized);
    }

    private bool Allows(IStreamFeature feature) => (stream.State & feature.Required) == feature.Required && (stream.State & feature.Prohibited) == 0;
}
