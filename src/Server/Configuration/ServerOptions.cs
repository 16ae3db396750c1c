namespace PresenceXml.Server.Configuration;

/// <summary>
/// server.config.json. Every key has a default; an unknown key or a bad value stops the start. Once loaded, paths are absolute, domains
/// prepared (RFC 7622 §3.2) and every value checked.
/// </summary>
public sealed class ServerOptions
{
    [Option("The domains served: what stands behind the @ of its users.", DefaultFrom = "enough to try it on one machine")]
    public IReadOnlyList<string> Domains { get; set; } = ["localhost"];

    [Option("Where everything is kept that must outlive the process.", IsPath = true)]
    public string DataDirectory { get; set; } = "data";

    public ListenerOptions Listen { get; set; } = new();
    public TlsOptions Tls { get; set; } = new();
    public StorageOptions Storage { get; set; } = new();
    public AuthOptions Auth { get; set; } = new();
    public LimitOptions Limits { get; set; } = new();
    public StreamManagementOptions StreamManagement { get; set; } = new();
    public ClientStateOptions ClientState { get; set; } = new();
    public InboxOptions Inbox { get; set; } = new();
    public FederationOptions Federation { get; set; } = new();
    public DnsOptions Dns { get; set; } = new();

    [Option("Components that may connect at listen.component (XEP-0114): domain → { secret or secretFile }. A domain of a component is none of \"domains\".")]
    public IReadOnlyDictionary<string, ComponentOptions> Components { get; set; } = new Dictionary<string, ComponentOptions>();

    public LogOptions Log { get; set; } = new();
}
