using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams.Management;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams;

/// <summary>What every client's stream works with; made once.</summary>
internal sealed class StreamServices(
    ServerOptions options,
    LocalDomains domains,
    StreamClock clock,
    CertificateStore certificates,
    IEnumerable<IStreamFeature> features,
    SessionKeeper keeper,
    StreamManager manager,
    KnownClients clients,
    Router router,
    ILogger<ClientStream> log)
{
    public LocalDomains Domains { get; } = domains;
    public StreamClock Clock { get; } = clock;
    public CertificateStore Certificates { get; } = certificates;

    /// <summary>In the order in which they are advertised.</summary>
    public IReadOnlyList<IStreamFeature> Features { get; } = [.. features];
    public SessionKeeper Keeper { get; } = keeper;
    public StreamManager Manager { get; } = manager;
    public KnownClients Clients { get; } = clients;
    public Router Router { get; } = router;
    public LimitOptions Limits { get; } = options.Limits;
    public int AckSeconds { get; } = options.StreamManagement.AckSeconds;
    public ILogger Log { get; } = log;

    /// <summary>The addresses that are written to most, for all streams together.</summary>
    public JidCache Addresses { get; } = new();

    /// <summary>What an unknown peer may send (XEP-0205 §2).</summary>
    public XmlLimits StrangerLimits { get; } = new(options.Limits.PreAuthStanzaBytes, options.Limits.Depth, options.Limits.Attributes);

    /// <summary>What an account may send.</summary>
    public XmlLimits AccountLimits { get; } = new(options.Limits.StanzaBytes, options.Limits.Depth, options.Limits.Attributes);
}
