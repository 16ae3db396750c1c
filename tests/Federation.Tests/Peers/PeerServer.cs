using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using PresenceXml.Federation.Tests.Users;

namespace PresenceXml.Federation.Tests.Peers;

/// <summary>A server as a process of its own, with all its files in the folder of its site.</summary>
public abstract class PeerServer(PeerSite site) : IAsyncDisposable
{
    private Process? process;
    private TranscriptReader? output;

    public abstract PeerKind Kind { get; }

    public PeerSite Site { get; } = site;

    public PeerPlan Plan => Site.Plan;

    /// <summary>What it has printed so far.</summary>
    public string Log => output?.Text ?? "";

    /// <summary>Writes its configuration, starts it, and returns when it says that it listens.</summary>
    public async Task StartAsync()
    {
        await PrepareAsync();
        await RunAsync();
    }

    /// <summary>Starts it (again) on its data.</summary>
    public async Task RunAsync()
    {
        ProcessStartInfo command = Command();
        command.RedirectStandardOutput = command.RedirectStandardError = true;
        command.WorkingDirectory = Site.Folder;
        process = Process.Start(command)!;
        output = new TranscriptReader(process.StandardOutput, process.StandardError);
        Task ready = output.ExpectAsync(Ready);
        if (await Task.WhenAny(ready, process.WaitForExitAsync()) != ready) Assert.Fail($"{Kind} ended at its start:\n{Log}");
        await ready;
    }

    /// <summary>SIGKILL, as a power cut would be.</summary>
    public async Task KillAsync()
    {
        process!.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>SIGTERM; returns when it has gone, and fails when that takes longer than the ten seconds that are promised.</summary>
    public async Task StopAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", process!.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(limit.Token);
        process.Dispose();
        process = null;
    }

    /// <summary>Makes an account, password as <see cref="PeerUser.Password"/>.</summary>
    public virtual Task AddUserAsync(string user) => PeerUser.RegisterAsync(this, user);

    /// <summary>Waits until its log says that a stream from, or to, the domain of <paramref name="other"/> was proven in the way of the plan; where it does not tell of these, the other's log has to.</summary>
    public Task ExpectProofAsync(PeerServer other, StreamDirection direction) =>
        ProofPattern(other.Plan.Domain, direction) is { } pattern ? output!.ExpectAsync(pattern) : Task.CompletedTask;

    /// <summary>Waits until its log matches.</summary>
    public Task ExpectLogAsync(string pattern) => output!.ExpectAsync(pattern);

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await KillAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A line that it prints when all its listeners are open; a regular expression.</summary>
    protected abstract string Ready { get; }

    /// <summary>Writes what it reads at its start.</summary>
    protected abstract Task PrepareAsync();

    protected abstract ProcessStartInfo Command();

    /// <summary>What the log says of a stream from or to that domain when it is proven as the plan wants, a regular expression; null where it says nothing.</summary>
    protected abstract string? ProofPattern(string domain, StreamDirection direction);

    protected static string Literal(string domain) => Regex.Escape(domain);
}
