namespace PresenceXml.Server.Federation;

/// <summary>What an operator can do about a link that cannot be opened: sentences without their full stop, for the log and <c>presencexml federation</c>.</summary>
internal static class Remedies
{
    public const string Nameserver = "see that a nameserver answers: dns.servers in the configuration, else /etc/resolv.conf; port 53 must be open outwards for UDP and TCP";

    public const string Handshake = "the two sides have no TLS version or cipher in common (this one has 1.2 and 1.3), or the other one does not accept our certificate; its log says which";

    public static string Denied(string remote, bool isEnabled) => isEnabled
        ? $"if that is not wanted, change what federation.domains or federation.default of the configuration says of {remote}"
        : "if that is not wanted, set federation.enabled to true in the configuration";

    public static string NotOffered(string remote) => $"nothing here: who runs {remote} says in the DNS that it has no XMPP";

    public static string NoName(string remote) => $"see that {remote} is spelt right; if it is, only a line in dns.overrides leads to it";

    public static string NoHost(string remote) => $"the operator of {remote} has to correct its SRV records; each must name a host and a port";

    public static string NoAddress(string remote, bool isFallback) => isFallback
        ? $"see that {remote} is spelt right; if it is, its operator has to make an SRV record _xmpp-server._tcp.{remote} that names the host and the port of the server"
        : $"the hosts that the SRV records of {remote} name must have A or AAAA records; its operator has to add them";

    public static string NotReached(string remote, bool isRefused) => isRefused
        ? $"the server of {remote} is not running, or listens on another port than its SRV records say (5269 without any)"
        : $"the server of {remote} is down, or a firewall is in between: its port (5269 without SRV records) must be open there; if no domain can be reached, connections outwards are not allowed here";

    public static string Private(string remote) =>
        $"the DNS leads to a private address; if {remote} is in a network of your own, set federation.allowPrivateAddresses to true, or name the place in dns.overrides; if it is not, its operator has to correct the DNS";

    public static string NotAServer(string remote) => $"the SRV records of {remote} lead to a port that is not for servers; its operator has to correct them (_xmpp-server is mostly port 5269, not 5222)";

    public static string NoTls(string remote) => $"the operator of {remote} has to enable TLS between servers; tls.required false would let this server go on without, which anybody on the way could read";

    public static string NoDialback(string local, string? certificate) => $"{OwnCertificate(local, certificate)}; or the other side has to allow dialback";

    /// <summary>The other side does not know us by our certificate.</summary>
    /// <param name="local">Our domain.</param>
    /// <param name="certificate">What is wrong with our certificate as far as can be seen from here; null: nothing.</param>
    public static string OwnCertificate(string local, string? certificate) => certificate is null
        ? $"see that tls.certificate holds the whole chain, and that the other side knows the authority that issued it for {local}"
        : $"our own certificate {certificate}: set tls.certificate (or tls.domains) to one for {local} that an authority known everywhere has issued";

    public static string NotAsked(string local) =>
        $"the other side must be able to reach this server: the SRV records _xmpp-server._tcp.{local} (or the address of {local}) must lead here, and the port of listen.server, mostly 5269, be open from outside";

    /// <summary>Of an answer to our key that is an error (XEP-0220 §2.5).</summary>
    public static string Dialback(string local, string remote, string condition, string? certificate) => condition switch
    {
        "remote-connection-failed" or "remote-server-not-found" or "remote-server-timeout" or "internal-server-error" => NotAsked(local),
        "item-not-found" => PeerError(local, remote, "host-unknown"),
        "not-authorized" => OwnCertificate(local, certificate),
        _ => PeerError(local, remote, condition),
    };

    public static string NotOurKey(string local) => $"the SRV records of {local} lead the other side to another server than this one; correct them";

    public static string NoAnswer(string local, string remote) => $"{remote} took the ping and did not answer on a stream of its own. Either {NotAsked(local)}; or its log tells why it does not connect";

    /// <summary>Of a certificate that is not taken because the configuration asks for one that is.</summary>
    public static string Certificate(string remote, string certificate) => $"{certificate}; or allow dialback for it: federation.domains \"{remote}\": {{ policy: \"dialback\" }}";

    /// <summary>Of a stream error (RFC 6120 §4.9.3).</summary>
    public static string PeerError(string local, string remote, string condition) => condition switch
    {
        "host-unknown" or "host-gone" => $"the server found there does not serve {remote}: its SRV records are wrong, or its operator has not set the domain up",
        "not-authorized" or "policy-violation" => $"the other server does not want to speak with {local}; its operator can say why",
        "invalid-from" => $"the other server takes {local} for a domain of its own, or does not believe it; the SRV records of {local} must lead here",
        "remote-connection-failed" => NotAsked(local),
        "resource-constraint" or "system-shutdown" or "internal-server-error" or "reset" or "connection-timeout" => "this is mostly over soon; it is tried again by itself",
        "unsupported-version" or "invalid-namespace" or "not-well-formed" or "bad-format" => NotAServer(remote),
        _ => $"ask the operator of {remote}; the log there says more",
    };

    public static string TooSlow(LinkStep step, string remote) => step switch
    {
        LinkStep.Policy or LinkStep.Resolve => Nameserver,
        LinkStep.Connect => NotReached(remote, isRefused: false),
        _ => $"the server of {remote} is overloaded or hangs; it is tried again by itself",
    };

    public static string Lost(string remote) => $"the server of {remote} hung up without a word; the log there says why";
}
