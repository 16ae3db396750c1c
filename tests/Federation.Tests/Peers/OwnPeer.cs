using System.Diagnostics;
using System.Text.Json;
using PresenceXml.Federation.Tests.Users;

namespace PresenceXml.Federation.Tests.Peers;

/// <summary>The server of this tree as it was built.</summary>
public sealed class OwnPeer(PeerSite site) : PeerServer(site)
{
    public override PeerKind Kind => PeerKind.Own;

    // By what it says itself: an answer at the port could be another program's.
    protected override string Ready => $@"{Literal(Site.Address.ToString())}:{Site.ClientTlsPort} ";

    protected override Task PrepareAsync() => File.WriteAllTextAsync(Config, JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["domains"] = Plan.OtherDomains.Prepend(Plan.Domain),
        ["listen"] = new
        {
            client = Array.Empty<string>(),
            clientTls = (string[])[$"{Site.Address}:{Site.ClientTlsPort}"],
            server = Plan.Proving == Proving.DirectTls ? [] : (string[])[$"{Site.Address}:{Site.ServerPort}"],
            serverTls = Plan.Proving == Proving.DirectTls ? (string[])[$"{Site.Address}:{Site.ServerTlsPort}"] : [],
            http = Array.Empty<string>(),
        },
        ["tls"] = new { certificate = Site.CertificateFile, key = Site.KeyFile },
        ["dns"] = new { servers = (string[])[Site.Names.ToString()] },
        ["federation"] = new
        {
            @default = Plan.RequiresCertificate ? "certificate" : "dialback",
            trustedCertificates = Site.RootFile,
            allowPrivateAddresses = true,
        },
        ["limits"] = new { connectionsPerAddress = 0, authFailuresPerMinute = 0 },
        ["log"] = new { level = "Debug" },
    }));

    public override async Task AddUserAsync(string user)
    {
        ProcessStartInfo command = Run("user", "add", $"{user}@{Plan.Domain}", "--password", PeerUser.Password, "--config", Config);
        command.RedirectStandardOutput = command.RedirectStandardError = true;
        using Process process = Process.Start(command)!;
        var output = new TranscriptReader(process.StandardOutput, process.StandardError);
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, output.Text);
    }

    /// <summary>Runs a command of the server that runs, and returns its exit code and what it printed.</summary>
    public async Task<(int Code, string Output)> CommandAsync(params string[] arguments)
    {
        ProcessStartInfo command = Run([.. arguments, "--config", Config]);
        command.RedirectStandardOutput = command.RedirectStandardError = true;
        using Process process = Process.Start(command)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        await process.WaitForExitAsync(time.Token);
        return (process.ExitCode, await output + await error);
    }

    protected override ProcessStartInfo Command() => Run("run", "--config", Config);

    protected override string? ProofPattern(string domain, StreamDirection direction)
    {
        string proof = Plan.Proving == Proving.Dialback ? "Dialback" : "Certificate";
        return direction == StreamDirection.Inbound ? $"{Literal(domain)} may send to {Literal(Plan.Domain)}, proven by {proof}" : null;
    }

    private string Config => Site.PathOf("server.config.json");

    private static ProcessStartInfo Run(params string[] arguments)
    {
        string built = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        return new ProcessStartInfo("dotnet", [Path.Combine(Root(), "src", "Server", "bin", built, "net10.0", "presencexml.dll"), .. arguments]);
    }

    private static string Root()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "PresenceXml.sln"))) return at.FullName;
        throw new InvalidOperationException("PresenceXml.sln is not above the tests.");
    }
}
