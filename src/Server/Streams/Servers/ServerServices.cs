using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What every stream between servers works with; made once.</summary>
internal sealed class ServerServices(
    ServerOptions options,
    LocalDomains domains,
    StreamClock clock,
    CertificateStore certificates,
    PeerTrust trust,
    DomainPolicies policies,
    DialbackKeys keys,
    RemoteRouter router,
    RemoteDomains remote,
    IncomingStreams incoming,
    Fences fences,
    BidiAttempts bidi,
    InboundSessions sessions,
    TimeProvider time,
    ILogger<ServerServices> log)
{
    public LocalDomains Domains { get; } = domains;
    public StreamClock Clock { get; } = clock;
    public CertificateStore Certificates { get; } = certificates;
    public PeerTrust Trust { get; } = trust;
    public DomainPolicies Policies { get; } = policies;
    public DialbackKeys Keys { get; } = keys;
    public RemoteRouter Router { get; } = router;
    public RemoteDomains Remote { get; } = remote;
    public IncomingStreams Incoming { get; } = incoming;
    public Fences Fences { get; } = fences;
    public BidiAttempts Bidi { get; } = bidi;
    public InboundSessions Sessions { get; } = sessions;
    public TimeProvider Time { get; } = time;
    public LimitOptions Limits { get; } = options.Limits;
    public StreamManagementOptions Management { get; } = options.StreamManagement;
    public int AckSeconds { get; } = options.StreamManagement.AckSeconds;

    /// <summary>True when nothing but STARTTLS is talked about in the clear.</summary>
    public bool RequiresTls { get; } = options.Tls.Required;

    /// <summary>False: there are no other servers by the configuration.</summary>
    public bool IsFederating { get; } = options.Federation.Enabled;

    public ILogger Log { get; } = log;

    /// <summary>The addresses that are spoken of most, for all streams together.</summary>
    public JidCache Addresses { get; } = new();

    /// <summary>What an unknown peer may send (XEP-0205 §2).</summary>
    public XmlLimits StrangerLimits { get; } = new(options.Limits.PreAuthStanzaBytes, options.Limits.Depth, options.Limits.Attributes);

    /// <summary>What a server that proved who it is may send.</summary>
    public XmlLimits AccountLimits { get; } = new(options.Limits.StanzaBytes, options.Limits.Depth, options.Limits.Attributes);
}
