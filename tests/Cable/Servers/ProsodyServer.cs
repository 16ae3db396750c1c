using System.Collections.Concurrent;
using System.Net;
using PresenceXml.Cable.Clients;
using PresenceXml.Testing;

namespace PresenceXml.Cable.Servers;

/// <summary>Debian's Prosody (0.12) with its mod_smacks, mod_mam and mod_carbons, its data in a folder of its own.</summary>
internal sealed class ProsodyServer(string folder) : ITestedServer
{
    private readonly int port = Ports.Free();
    private readonly ConcurrentQueue<string> errors = new();
    private ServerProcess? process;

    public string Name => "Prosody";
    public string Domain => "localhost";
    public IPEndPoint Address => new(IPAddress.Loopback, port);
    public TimeSpan Hibernation => TimeSpan.FromSeconds(8);

    /// <summary>Its times are in seconds.</summary>
    public TimeSpan Tolerance => TimeSpan.FromSeconds(2);

    public bool CanBeKilled => true;
    public IReadOnlyList<string> Errors => [.. errors];

    public async Task AddAsync(IReadOnlyList<Account> accounts)
    {
        string store = Path.Combine(folder, "data", Domain, "accounts");
        Directory.CreateDirectory(store);
        foreach (Account account in accounts)
            await File.WriteAllTextAsync(Path.Combine(store, account.Local + ".dat"), $"return {{ [\"password\"] = \"{account.Password}\" }};\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "prosody.cfg.lua"), Configuration());
    }

    public async Task KillAsync() => await process!.KillAsync();

    public async Task StartAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        process = new ServerProcess(
            "prosody", ["-F", "--config", Path.Combine(folder, "prosody.cfg.lua")], folder,
            line => line.Contains("Activated service 'c2s'", StringComparison.Ordinal), Hear);
        await process.ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
    }

    private void Hear(string line)
    {
        if (line.Contains("\terror\t", StringComparison.Ordinal))
            errors.Enqueue(line);
    }

    private string Configuration() => $$"""
        run_as_root = true
        pidfile = "{{folder}}/prosody.pid"
        data_path = "{{folder}}/data"
        certificates = "{{folder}}"
        log = { { levels = { min = "info" }, to = "console" } }
        interfaces = { "127.0.0.1" }
        c2s_ports = { {{port}} }
        c2s_direct_tls_ports = { }
        s2s_ports = { }
        s2s_direct_tls_ports = { }
        component_ports = { }
        http_ports = { }
        https_ports = { }
        modules_enabled = { "disco"; "roster"; "saslauth"; "posix"; "carbons"; "csi_simple"; "mam"; "offline"; "ping"; "smacks" }
        modules_disabled = { "limits"; "s2s"; "tls" }
        authentication = "internal_plain"
        storage = "internal"
        c2s_require_encryption = false
        allow_unencrypted_plain_auth = true
        smacks_hibernation_time = {{(int)Hibernation.TotalSeconds}}
        smacks_max_queue_size = 100000
        default_archive_policy = true
        max_archive_query_results = 100
        archive_expires_after = "never"
        network_settings = { read_timeout = 20 }
        VirtualHost "{{Domain}}"

        """;
}
