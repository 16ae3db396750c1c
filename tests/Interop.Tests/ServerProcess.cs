using System.Diagnostics;
using System.Text.Json;
using PresenceXml.Testing;

namespace PresenceXml.Interop.Tests;

/// <summary>The built server as a process of its own, on free loopback ports and a temporary data directory, with the default configuration otherwise.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("presencexml-interop-").FullName;
    private Process? process;

    public int Port { get; } = Ports.Free();
    public int TlsPort { get; } = Ports.Free();
    public string Config => Path.Combine(folder, "server.config.json");

    /// <summary>A folder of its own; gone with it.</summary>
    public string Folder => folder;

    /// <summary>What the server printed, for a failed test's message.</summary>
    public TranscriptReader Output { get; private set; } = null!;

    public static async Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, object>? settings = null)
    {
        var server = new ServerProcess();
        var config = new Dictionary<string, object>
        {
            ["listen"] = new
            {
                client = new[] { $"127.0.0.1:{server.Port}" },
                clientTls = new[] { $"127.0.0.1:{server.TlsPort}" },
                server = Array.Empty<string>(),
                serverTls = Array.Empty<string>(),
                http = Array.Empty<string>(),
            },
        };
        foreach ((string key, object value) in settings ?? new Dictionary<string, object>()) config[key] = value;
        await File.WriteAllTextAsync(server.Config, JsonSerializer.Serialize(config));
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts it (again) on the same data.</summary>
    public async Task RunAsync()
    {
        process = Process.Start(Command("run", "--config", Config))!;
        Output = new TranscriptReader(process.StandardOutput, process.StandardError);
        await WaitUntilListeningAsync();
    }

    /// <summary>SIGKILL, as a power cut would be.</summary>
    public async Task KillAsync()
    {
        process!.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM and the exit code; fails when it takes longer than the ten seconds that are promised.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode;
    }

    public async Task AddUserAsync(string jid, string password)
    {
        using Process command = Process.Start(Command("user", "add", jid, "--password", password, "--config", Config))!;
        string output = await command.StandardOutput.ReadToEndAsync() + await command.StandardError.ReadToEndAsync();
        await command.WaitForExitAsync();
        Assert.That(command.ExitCode, Is.Zero, output);
    }

    /// <summary>The certificate it made itself, PEM.</summary>
    public string Certificate => Path.Combine(folder, "data", "self-signed.crt");

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false }) await KillAsync();
        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // By what it says itself: an answer at the port could be another program's.
    private async Task WaitUntilListeningAsync()
    {
        Task listening = Output.ExpectAsync($@"127\.0\.0\.1:{Port} ");
        if (await Task.WhenAny(listening, process!.WaitForExitAsync()) != listening) Assert.Fail("The server ended at its start:\n" + Output.Text);
        await listening;
    }

    private static ProcessStartInfo Command(params string[] arguments)
    {
        string root = Root();
        string built = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        string dll = Path.Combine(root, "src", "Server", "bin", built, "net10.0", "presencexml.dll");
        return new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        }.WithoutDiagnostics();
    }

    internal static string Root()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "PresenceXml.sln"))) return at.FullName;
        throw new InvalidOperationException("PresenceXml.sln is not above the tests.");
    }
}
