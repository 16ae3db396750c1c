using System.Diagnostics;
using System.Globalization;
using PresenceXml.Testing;

namespace PresenceXml.Cable.Servers;

/// <summary>A child process and what it prints.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Lock gate = new();
    private readonly Queue<string> last = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, bool> isReady;
    private readonly Action<string> heard;

    /// <param name="command">What to start.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Its working directory.</param>
    /// <param name="isReady">True for the line by which it says that it accepts connections.</param>
    /// <param name="heard">Gets each line.</param>
    public ServerProcess(string command, IEnumerable<string> arguments, string folder, Func<string, bool> isReady, Action<string> heard)
    {
        this.isReady = isReady;
        this.heard = heard;
        process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        }.WithoutDiagnostics())!;
        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Tail
    {
        get
        {
            lock (gate)
                return string.Join(Environment.NewLine, last);
        }
    }

    /// <exception cref="InvalidOperationException">It ended, or did not say so in time.</exception>
    public async Task ReadyAsync()
    {
        Task done = await Task.WhenAny(ready.Task, process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(60)));
        if (done != ready.Task)
            throw new InvalidOperationException($"the server does not start:{Environment.NewLine}{Tail}");
    }

    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, and insists after a while.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using (Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync();
            if (await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(15))) is not Task<int> && !process.HasExited)
                await KillAsync();
        }
        process.Dispose();
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (gate)
        {
            last.Enqueue(line.Data);
            if (last.Count > 40)
                last.Dequeue();
        }
        heard(line.Data);
        if (isReady(line.Data))
            ready.TrySetResult();
    }
}
