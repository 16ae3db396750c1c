using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Conformance.Runner;

/// <summary>Our server as a child process: free ports, a temporary folder, stopped and removed at the end.</summary>
/// <param name="tls">Without TLS, the server has to let clients in that way.</param>
internal sealed class OwnServer(TlsMode tls) : IAsyncDisposable
{
    public const string Domain = "localhost";

    /// <summary>The profile with our open defects.</summary>
    public const string Profile = "presencexml";

    private static readonly ScramHash[] Hashes = [ScramHash.Sha1, ScramHash.Sha256, ScramHash.Sha512];
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    // First of all: what is not built leaves no folder behind.
    private readonly string dll = ServerBuild.Find(Folders.Root);
    private readonly string folder = Directory.CreateTempSubdirectory("presencexml-conformance-").FullName;
    private readonly StringBuilder log = new();
    private readonly TaskCompletionSource listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? process;

    /// <summary>The certificate that the server made for itself.</summary>
    public string CertificateFile => Path.Combine(folder, "data", "self-signed.crt");

    public string KeyFile => Path.Combine(folder, "data", "self-signed.key");

    private string ConfigFile => Path.Combine(folder, "server.config.json");

    public int Port { get; private set; }
    public int DirectPort { get; private set; }

    /// <summary>For other servers; on one address only, for scripted servers listen at that port of others.</summary>
    public int ServerPort { get; private set; }

    /// <summary>What the server wrote, for the report of a failure.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>Writes the configuration, imports the accounts and starts the server; returns when it accepts connections.</summary>
    /// <param name="withKeys">Imports SCRAM keys in place of passwords, derived once for each password: for thousands of accounts.</param>
    public async Task StartAsync(IReadOnlyList<Account> accounts, CancellationToken cancel, bool withKeys = false)
    {
        (Port, DirectPort, ServerPort) = FreePorts();
        await File.WriteAllTextAsync(ConfigFile, Configuration(), cancel);
        var import = Path.Combine(folder, "accounts.csv");
        var keys = withKeys ? accounts.Select(static account => account.Password).Distinct().ToDictionary(static password => password, static password => Keys(password, Hashes)) : [];
        await File.WriteAllLinesAsync(
            import,
            accounts.Select(account =>
                account.Keys is { } only && ScramHashes.TryParseMechanism(only, out var hash, out _) ? $"{account.Bare},,{Keys(account.Password, [hash])}"
                : keys.TryGetValue(account.Password, out var ready) ? $"{account.Bare},,{ready}"
                : $"{account.Bare},{account.Password}"),
            cancel);
        using (var importer = Start("user", "import", import, "--create", "--config", ConfigFile))
        {
            try
            {
                await importer.WaitForExitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                importer.Kill(); // before its folder goes
                await importer.WaitForExitAsync(CancellationToken.None);
                throw;
            }

            if (importer.ExitCode != 0)
                throw new InvalidOperationException($"'user import' ended with {importer.ExitCode}: {Log}");
        }

        process = Start("run", "--config", ConfigFile);
        await Task.WhenAny(listens.Task, process.WaitForExitAsync(cancel)).WaitAsync(StartLimit, cancel);
        if (!listens.Task.IsCompleted)
            throw new InvalidOperationException($"the server does not start: {Log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            if (OperatingSystem.IsWindows())
                process.Kill();
            else
                Process.Start("kill", ["-TERM", $"{process.Id}"])?.Dispose();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(); // It was asked and did not go; the run's results stand.
            }
        }

        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // The plays fail to log in on purpose, open many connections and make accounts from one address. What RFC 6120 §13.8 makes mandatory is on.
    private string Configuration() => JsonSerializer.Serialize(new
    {
        domains = (string[])[Domain],
        dataDirectory = "data",
        listen = new
        {
            client = (string[])[$"127.0.0.1:{Port}"],
            clientTls = (string[])[$"127.0.0.1:{DirectPort}"],
            server = (string[])[$"127.0.0.1:{ServerPort}"],
            serverTls = Array.Empty<string>(),
            http = Array.Empty<string>(),
        },
        tls = new { required = tls != TlsMode.None },
        auth = new { channelBinding = true },
        // Scripted servers have certificates of nobody, and live on this machine.
        federation = new { @default = "dialback", allowPrivateAddresses = true },
        limits = new { authFailuresPerMinute = 0, connectionsPerAddress = 0 },
        modules = new { registration = new { enabled = true, perHour = 0 } },
    });

    // What 'presencexml user import' reads: mechanism:iterations:salt:storedKey:serverKey, several joined by ";".
    private static string Keys(string password, ScramHash[] hashes) => string.Join(';', hashes.Select(hash =>
    {
        var keys = ScramKeys.Derive(hash, password, RandomNumberGenerator.GetBytes(ScramKeys.SaltBytes), ScramKeys.MinimumIterations);
        return $"{hash.ToMechanism()}:{keys.Iterations}:{Convert.ToBase64String(keys.Salt.Span)}:{Convert.ToBase64String(keys.StoredKey.Span)}:{Convert.ToBase64String(keys.ServerKey.Span)}";
    }));

    private Process Start(params string[] arguments)
    {
        var started = Process.Start(new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        started.OutputDataReceived += Keep;
        started.ErrorDataReceived += Keep;
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return started;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (log)
            log.AppendLine(line.Data);
        // By what it says itself: an answer at the port could be another program's.
        if (line.Data?.Contains($"127.0.0.1:{Port} ", StringComparison.Ordinal) == true)
            listens.TrySetResult();
    }

    // Below the ports that the system gives to outgoing connections, of which a run opens thousands: between here and the server's start none
    // of them takes one of these.
    private static (int First, int Second, int Third) FreePorts()
    {
        using var first = FreePort();
        using var second = FreePort();
        using var third = FreePort();
        return (PortOf(first), PortOf(second), PortOf(third));

        static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static TcpListener FreePort()
    {
        while (true)
        {
            var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(10_000, 30_000));
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException)
            {
                listener.Dispose(); // taken; the next one
            }
        }
    }
}
