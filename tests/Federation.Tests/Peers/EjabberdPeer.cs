using System.Diagnostics;

namespace PresenceXml.Federation.Tests.Peers;

/// <summary>Debian's ejabberd: no epmd, no Erlang distribution, no ejabberdctl. Its nameserver is the test's by ERL_INETRC.</summary>
public sealed class EjabberdPeer(PeerSite site) : PeerServer(site)
{
    public const string Program = "/usr/bin/erl";
    public const string Scripts = "/usr/sbin/ejabberdctl";

    public override PeerKind Kind => PeerKind.Ejabberd;

    protected override string Ready => @"ejabberd [^\n]* is started in the node";

    protected override async Task PrepareAsync()
    {
        Directory.CreateDirectory(Site.PathOf("spool"));
        Directory.CreateDirectory(Site.PathOf("logs"));
        byte[] nameserver = Site.Names.Address.GetAddressBytes();
        await File.WriteAllTextAsync(Site.PathOf("inetrc"), $$"""
            {resolv_conf, ""}.
            {hosts_file, ""}.
            {lookup, [dns]}.
            {nameserver, { {{string.Join(',', nameserver)}} }, {{Site.Names.Port}}}.
            """);
        bool direct = Plan.Proving == Proving.DirectTls;
        string port = direct ? $"port: {Site.ServerTlsPort}, tls: true" : $"port: {Site.ServerPort}";
        await File.WriteAllTextAsync(Site.PathOf("ejabberd.yml"), $$"""
            loglevel: debug
            log_rotate_count: 0
            hosts: [{{string.Join(", ", Plan.OtherDomains.Prepend(Plan.Domain).Select(static domain => $"\"{domain}\""))}}]
            certfiles: ["{{Site.BothFile}}"]
            ca_file: "{{Site.RootFile}}"
            listen:
              - {port: {{Site.ClientTlsPort}}, ip: "{{Site.Address}}", module: ejabberd_c2s, shaper: none, access: c2s, tls: true}
              - {{{port}}, ip: "{{Site.Address}}", module: ejabberd_s2s_in, shaper: none}
            s2s_use_starttls: required
            s2s_access: all
            outgoing_s2s_families: [ipv4]
            auth_method: internal
            registration_timeout: infinity
            access_rules:
              c2s: {allow: all}
            modules:
              mod_disco: {}
              mod_offline: {}
              mod_ping: {}
              mod_register: {access: all, ip_access: all, password_strength: 0}
              mod_roster: {}
              {{(Plan.RequiresCertificate ? "" : "mod_s2s_dialback: {}")}}
              mod_version: {show_os: false}
            """);
    }

    protected override ProcessStartInfo Command()
    {
        string libraries = Path.GetDirectoryName(Directory.GetDirectories("/usr/lib", "ejabberd-*").Concat(Directory.GetDirectories("/usr/lib/x86_64-linux-gnu", "ejabberd-*"))
            .First(static folder => Directory.Exists(Path.Combine(folder, "ebin"))))!;
        var command = new ProcessStartInfo(Program, [
            "+K", "true", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "-noinput",
            "-mnesia", "dir", $"\"{Site.PathOf("spool")}\"", "-s", "ejabberd"]);
        command.Environment["ERL_LIBS"] = libraries;
        command.Environment["ERL_INETRC"] = Site.PathOf("inetrc");
        command.Environment["EJABBERD_CONFIG_PATH"] = Site.PathOf("ejabberd.yml");
        command.Environment["EJABBERD_LOG_PATH"] = Site.PathOf("logs/ejabberd.log");
        command.Environment["ERL_CRASH_DUMP"] = Site.PathOf("crash");
        command.Environment["ERL_CRASH_DUMP_BYTES"] = "0";
        command.Environment["HOME"] = Site.Folder;
        return command;
    }

    protected override string ProofPattern(string domain, StreamDirection direction)
    {
        string mechanism = Plan.Proving == Proving.Dialback ? "dialback" : "EXTERNAL";
        return direction == StreamDirection.Inbound
            ? $"Accepted inbound s2s {mechanism} authentication {Literal(domain)} -> {Literal(Plan.Domain)}"
            : $"Accepted outbound s2s {mechanism} authentication {Literal(Plan.Domain)} -> {Literal(domain)}";
    }
}
