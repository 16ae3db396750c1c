using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;

namespace PresenceXml.Server.Streams;

/// <summary>What modules show in the features after authentication (roster versioning, pre-approval, entity capabilities): informational, nothing is negotiated.</summary>
internal sealed class ModuleFeatures(ServiceCatalog modules) : IStreamFeature
{
    public StreamState Required => StreamState.Authenticated;

    public StreamState Prohibited => StreamState.None;

    public void Advertise(ClientStream stream, List<Element> features) => features.AddRange(modules.StreamFeatures());

    public bool Accepts(RawElement element) => false;

    public ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel) =>
        throw new NotSupportedException("Informational features take no elements.");
}
