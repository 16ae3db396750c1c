using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PresenceXml.Interop.Tests;

/// <summary>A program in a terminal of its own, with a home folder of its own: keys go in, the screen is read.</summary>
public class TerminalProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string socket = "presencexml-" + Guid.NewGuid().ToString("N")[..8];

    public string Home { get; } = Directory.CreateTempSubdirectory("presencexml-home-").FullName;

    /// <summary>Variables for the program beside the usual ones.</summary>
    protected Dictionary<string, string> Variables { get; } = [];

    public Task RunAsync(params string[] command) =>
        TmuxAsync(["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", .. Variables.SelectMany(v => new[] { "-e", $"{v.Key}={v.Value}" }), .. command]);

    public async Task TypeAsync(string line)
    {
        await TmuxAsync("send-keys", "-l", line);
        await TmuxAsync("send-keys", "Enter");
    }

    public Task<string> ScreenAsync() => TmuxAsync("capture-pane", "-p");

    /// <summary>Waits until the screen shows <paramref name="pattern"/>, a regular expression.</summary>
    public Task<string> ExpectScreenAsync(string pattern) => ExpectAsync(pattern, ScreenAsync);

    /// <summary>Waits until one of the files under a folder of its home holds <paramref name="pattern"/>.</summary>
    public Task<string> ExpectFileAsync(string folder, string pattern) => ExpectAsync(pattern, () => Task.FromResult(ReadAll(Path.Combine(Home, folder))));

    /// <summary>Ends the program as its user would.</summary>
    public virtual async Task QuitAsync()
    {
        await TypeAsync("/quit");
        await ExpectGoneAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await KillAsync();
        Directory.Delete(Home, recursive: true);
    }

    /// <summary>Takes the terminal away.</summary>
    protected async Task KillAsync() => await TmuxAsync("kill-server");

    /// <summary>Waits until the program has ended.</summary>
    protected Task ExpectGoneAsync() => ExpectAsync("^gone$", async () => (await TmuxAsync("list-sessions")).Length == 0 ? "gone" : "running");

    /// <summary>A start of another program with this one's home.</summary>
    protected ProcessStartInfo Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = Home;
        foreach (string xdg in new[] { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME" }) start.Environment.Remove(xdg);
        start.Environment["TERM"] = "screen-256color";
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach ((string name, string value) in Variables) start.Environment[name] = value;
        return start;
    }

    private async Task<string> ExpectAsync(string pattern, Func<Task<string>> look)
    {
        var expected = new Regex(pattern, RegexOptions.CultureInvariant);
        long start = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        string seen;
        do
        {
            seen = await look();
            if (expected.IsMatch(seen)) return seen;
            await tick.WaitForNextTickAsync();
        }
        while (Stopwatch.GetElapsedTime(start) < Patience);
        throw new AssertionException($"{GetType().Name} never showed /{pattern}/:\n{seen}\nOn the screen:\n{await ScreenAsync()}");
    }

    private static string ReadAll(string folder)
    {
        if (!Directory.Exists(folder)) return "";
        IEnumerable<string> files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);
        return string.Join('\n', files.Select(file =>
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd();
        }));
    }

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        using Process tmux = Process.Start(Start("tmux", ["-L", socket, .. arguments]))!;
        string output = await tmux.StandardOutput.ReadToEndAsync();
        await tmux.WaitForExitAsync();
        return output;
    }
}
