using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams.Sasl;

namespace PresenceXml.Server.Streams.Components;

/// <summary>What every component's stream works with; made once.</summary>
internal sealed class ComponentServices(ServerOptions options, ComponentDomains components, StreamClock clock, TimeProvider time, RemoteRouter router, ILogger<ComponentStream> log)
{
    public ComponentDomains Components { get; } = components;
    public StreamClock Clock { get; } = clock;
    public RemoteRouter Router { get; } = router;

    /// <summary>How often an address did not know a component's secret: who guesses has few tries, and fills no log.</summary>
    public FailureCounter<(AddressPrefix Address, string Component)> Guesses { get; } = new(time, TimeSpan.FromMinutes(1));
    public LimitOptions Limits { get; } = options.Limits;
    public int AckSeconds { get; } = options.StreamManagement.AckSeconds;

    /// <summary>Who speaks where no component was named, and where what it wrote cannot be read.</summary>
    public Jid OwnName { get; } = Jid.Parse(options.Domains[0]);
    public ILogger Log { get; } = log;
    public JidCache Addresses { get; } = new();
    public XmlLimits StrangerLimits { get; } = new(options.Limits.PreAuthStanzaBytes, options.Limits.Depth, options.Limits.Attributes);
    public XmlLimits ComponentLimits { get; } = new(options.Limits.StanzaBytes, options.Limits.Depth, options.Limits.Attributes);
}
