using System.Diagnostics;
using System.Net;

namespace PresenceXml.Federation.Tests.Peers;

/// <summary>Debian's Prosody.</summary>
public sealed class ProsodyPeer(PeerSite site) : PeerServer(site)
{
    public const string Program = "/usr/bin/prosody";

    public override PeerKind Kind => PeerKind.Prosody;

    protected override string Ready => @"Activated service '(s2s|s2s_direct_tls)' on \[127[^\n]*\n(.*\n)*.*Activated service 'c2s_direct_tls' on \[127|Activated service 'c2s_direct_tls' on \[127[^\n]*\n(.*\n)*.*Activated service '(s2s|s2s_direct_tls)' on \[127";

    protected override async Task PrepareAsync()
    {
        Directory.CreateDirectory(Site.PathOf("data"));
        Directory.CreateDirectory(Site.PathOf("modules"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Peers", "mod_test_nameserver.lua"), Site.PathOf("modules/mod_test_nameserver.lua"), overwrite: true);
        List<string> modules = ["disco", "roster", "saslauth", "tls", "posix", "offline", "ping", "register_ibr", "version", "test_nameserver"];
        if (!Plan.RequiresCertificate) modules.Add("dialback");
        else modules.Add("s2s_auth_certs");
        if (Plan.Proving == Proving.Bidi) modules.Add("s2s_bidi");
        if (Plan.StreamManagement) modules.Add("smacks");
        bool direct = Plan.Proving == Proving.DirectTls;
        string tls = $$"""{ certificate = "{{Site.CertificateFile}}"; key = "{{Site.KeyFile}}"; cafile = "{{Site.RootFile}}" }""";
        string list = string.Join("; ", modules.Select(static module => $"\"{module}\""));
        IPEndPoint names = Site.Names;
        await File.WriteAllTextAsync(Site.PathOf("prosody.cfg.lua"), $$"""
            run_as_root = true
            pidfile = "{{Site.PathOf("prosody.pid")}}"
            data_path = "{{Site.PathOf("data")}}"
            plugin_paths = { "{{Site.PathOf("modules")}}" }
            certificates = "{{Site.Folder}}"
            log = { { levels = { min = "debug" }, to = "console" } }

            interfaces = { "{{Site.Address}}" }
            c2s_ports = { }
            c2s_direct_tls_ports = { {{Site.ClientTlsPort}} }
            s2s_ports = { {{(direct ? "" : Site.ServerPort)}} }
            s2s_direct_tls_ports = { {{(direct ? Site.ServerTlsPort : "")}} }
            component_ports = { }
            http_ports = { }
            https_ports = { }
            ssl = {{tls}}
            c2s_direct_tls_ssl = {{tls}}
            s2s_direct_tls_ssl = {{tls}}

            modules_enabled = { {{list}} }
            modules_disabled = { "limits"{{(Plan.RequiresCertificate ? "; \"dialback\"" : "; \"s2s_auth_certs\"")}} }
            test_nameserver_address = "{{names.Address}}"
            test_nameserver_port = {{names.Port}}
            -- the same where lua-unbound is installed
            unbound = { resolvconf = false; hoststxt = false; forward = { "{{names.Address}}@{{names.Port}}" }; options = { ["do-not-query-localhost:"] = "no" } }

            allow_registration = true
            authentication = "internal_hashed"
            storage = "internal"
            use_ipv6 = false
            s2s_require_encryption = true
            s2s_secure_auth = {{(Plan.RequiresCertificate ? "true" : "false")}}
            smacks_s2s_resend = true

            {{string.Join('\n', Plan.OtherDomains.Prepend(Plan.Domain).Select(static domain => $"VirtualHost \"{domain}\""))}}
            """);
    }

    protected override ProcessStartInfo Command() => new(Program, ["-F", "--config", Site.PathOf("prosody.cfg.lua")]);

    protected override string ProofPattern(string domain, StreamDirection direction) => (Plan.Proving, direction) switch
    {
        (Proving.Dialback, StreamDirection.Inbound) => $"asking {Literal(domain)} if key [^ ]+ belongs to them",
        (Proving.Dialback, _) => @"sent dialback key on outgoing s2s stream",
        (_, StreamDirection.Inbound) => $"Accepting SASL EXTERNAL identity from {Literal(domain)}",
        _ => $"SASL EXTERNAL with {Literal(domain)} succeeded",
    };
}
