using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using PresenceXml.Cable.Clients;
using PresenceXml.Testing;

namespace PresenceXml.Cable.Servers;

/// <summary>The server of this repository as it was built last, with small limits, its data in a folder of its own.</summary>
/// <param name="folder">For configuration and data; kept by who asked for it.</param>
/// <param name="build">The program; null: the newest one of the tree.</param>
internal sealed class OwnServer(string folder, string? build) : ITestedServer
{
    private readonly int port = Ports.Free();
    private readonly int tlsPort = Ports.Free();
    private readonly ConcurrentQueue<string> errors = new();
    private readonly string dll = build ?? Newest();
    private ServerProcess? process;

    public string Name => "PresenceXml";
    public string Domain => "localhost";
    public IPEndPoint Address => new(IPAddress.Loopback, port);
    public IPEndPoint ModernAddress => new(IPAddress.Loopback, tlsPort);
    public TimeSpan Hibernation => TimeSpan.FromSeconds(8);
    public TimeSpan Tolerance => TimeSpan.FromMilliseconds(500);
    public bool CanBeKilled => true;
    public IReadOnlyList<string> Errors => [.. errors];

    private string ConfigFile => Path.Combine(folder, "server.config.json");

    public async Task AddAsync(IReadOnlyList<Account> accounts)
    {
        await File.WriteAllTextAsync(ConfigFile, Configuration());
        string csv = Path.Combine(folder, "accounts.csv");
        await File.WriteAllLinesAsync(csv, accounts.Select(static account => $"{account.Bare},{account.Password}"));
        await using (ServerProcess import = Start(static _ => false, "user", "import", csv, "--create", "--config", ConfigFile))
        {
            if (await import.ExitAsync() != 0)
                throw new InvalidOperationException($"the accounts cannot be made: {import.Tail}");
        }
    }

    public async Task KillAsync() => await process!.KillAsync();

    public async Task StartAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        // By what it says itself: an answer at the port could be another program's.
        process = Start(line => line.Contains($"127.0.0.1:{port} ", StringComparison.Ordinal), "run", "--config", ConfigFile);
        await process.ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
    }

    private ServerProcess Start(Func<string, bool> isReady, params string[] arguments) => new("dotnet", [dll, .. arguments], folder, isReady, Hear);

    // "12:34:56 error Part       text"
    private void Hear(string line)
    {
        string[] words = line.Split(' ', 3);
        if ((words.Length == 3 && words[1] is "error" or "fatal") || line.StartsWith("Unhandled exception", StringComparison.Ordinal))
            errors.Enqueue(line);
    }

    private string Configuration() => JsonSerializer.Serialize(new
    {
        domains = (string[])[Domain],
        dataDirectory = "data",
        listen = new
        {
            client = (string[])[$"127.0.0.1:{port}"],
            clientTls = (string[])[$"127.0.0.1:{tlsPort}"],
            server = Array.Empty<string>(),
            serverTls = Array.Empty<string>(),
            http = Array.Empty<string>(),
        },
        tls = new { required = false },
        auth = new { scramIterations = 4096 },
        limits = new { authFailuresPerMinute = 0, connectionsPerAddress = 0, resourcesPerAccount = 0, idleSeconds = 10, unheardSeconds = 2, stalledSeconds = 10, outboxBytes = 131072 },
        streamManagement = new { resumeSeconds = (int)Hibernation.TotalSeconds, windowStanzas = 50, windowBytes = 65536, ackSeconds = 3 },
        inbox = new { quotaMessages = 0, quotaBytes = 0 },
        log = new { level = "Warning" },
    });

    private static string Newest()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "PresenceXml.sln")))
                continue;
            string bin = Path.Combine(at.FullName, "src", "Server", "bin");
            return (Directory.Exists(bin) ? Directory.EnumerateFiles(bin, "presencexml.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc) : null)
                ?? throw new InvalidOperationException("the server is not built: dotnet build src/Server");
        }
        throw new InvalidOperationException("PresenceXml.sln is not above this program; name the server's build with --build");
    }
}
