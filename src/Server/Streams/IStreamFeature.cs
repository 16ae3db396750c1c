using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Streams;

/// <summary>What becomes of the stream after a feature was negotiated.</summary>
internal enum StreamStep
{
    /// <summary>Go on with the next element.</summary>
    Continue,

    /// <summary>The client opens a new stream on the same connection (RFC 6120 §4.3.3).</summary>
    Restart,

    /// <summary>The connection is to be encrypted now.</summary>
    Upgrade,

    /// <summary>Close the stream.</summary>
    Close,
}

/// <summary>
/// One stream feature (RFC 6120 §4.3.2) as data: when it is offered, how it is advertised, which first-level elements it takes
/// and what it does with them. Without state of its own: what an exchange needs to remember lies in the stream.
/// </summary>
internal interface IStreamFeature
{
    /// <summary>What must have been negotiated before this feature is offered.</summary>
    StreamState Required { get; }

    /// <summary>What must not have been negotiated yet.</summary>
    StreamState Prohibited { get; }

    /// <summary>Adds what stands in <c>stream:features</c>. Called only while the state allows the feature.</summary>
    void Advertise(ClientStream stream, List<Element> features);

    /// <summary>True when this first-level element belongs to the feature, whatever the state.</summary>
    bool Accepts(RawElement element);

    /// <summary>True when what it accepts is none of its business any more once a resource is bound, but a stanza to be routed.</summary>
    bool IsStanzaOnceBound => false;

    /// <summary>Negotiates. Called only while the state allows the feature.</summary>
    /// <exception cref="StreamException">The stream has to end.</exception>
    ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel);

    /// <summary>The element came in a state that does not allow the feature.</summary>
    /// <exception cref="StreamException">The stream has to end; what happens unless a feature knows better (RFC 6120 §4.9.3.12).</exception>
    ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel) =>
        throw new StreamException(StreamError.NotAuthorized);
}
