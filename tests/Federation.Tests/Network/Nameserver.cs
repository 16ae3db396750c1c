using System.Diagnostics;
using System.Net;

namespace PresenceXml.Federation.Tests.Network;

/// <summary>dnsmasq on an address and port of its own: knows the records it is started with, and of everything else that it is not there. Asks nobody.</summary>
public sealed class Nameserver(IPAddress address, string folder) : IAsyncDisposable
{
    public const string Program = "/usr/sbin/dnsmasq";

    private readonly List<string> records = [];
    private Process? process;

    public IPEndPoint Address { get; } = new(address, Addresses.FreePort(address));

    /// <summary>An A record.</summary>
    public void AddHost(string name, IPAddress address) => records.Add($"address=/{name}/{address}"); // host-record takes no name that looks like an address

    /// <summary>An SRV record of a service such as "xmpp-server" over TCP; <paramref name="target"/> "" says that the service is not offered (RFC 2782).</summary>
    public void AddService(string service, string domain, string target, int port, int priority = 0) =>
        records.Add(target.Length == 0 ? $"srv-host=_{service}._tcp.{domain}" : $"srv-host=_{service}._tcp.{domain},{target},{port},{priority},5");

    public async Task StartAsync()
    {
        string file = Path.Combine(folder, "dnsmasq.conf");
        await File.WriteAllLinesAsync(file, [
            "no-resolv", "no-hosts", "no-poll", "bind-interfaces", "keep-in-foreground", "log-facility=-", "pid-file=",
            "user=", "cache-size=0", "local=/#/", "log-queries", $"listen-address={Address.Address}", $"port={Address.Port}", .. records]);
        process = Process.Start(new ProcessStartInfo(Program, [$"--conf-file={file}"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Output = new TranscriptReader(process.StandardError, process.StandardOutput);
        await Output.ExpectAsync("started, version");
    }

    /// <summary>What it was asked, and what it answered.</summary>
    public TranscriptReader Output { get; private set; } = null!;

    public async ValueTask DisposeAsync()
    {
        if (process is null) return;
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
