using System.Diagnostics;
using System.Globalization;

namespace PresenceXml.Interop.Tests;

/// <summary>aioxmpp as Debian ships it, driven by aioxmpp_client.py.</summary>
public sealed class AioxmppClient : IChatClient
{
    private Process? process;
    private TranscriptReader output = null!;

    public async Task LoginAsync(ServerProcess server, string jid, string password)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "aioxmpp_client.py");
        string port = server.Port.ToString(CultureInfo.InvariantCulture);
        process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, jid, password, "127.0.0.1", port])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        output = new TranscriptReader(process.StandardOutput, process.StandardError);
        await output.ExpectAsync("online");
    }

    public async Task SendAsync(string to, string body)
    {
        await process!.StandardInput.WriteLineAsync($"{to} {body}");
        await process.StandardInput.FlushAsync();
    }

    public Task ExpectMessageAsync(string body) => output.ExpectAsync("message .* " + body);

    public async Task QuitAsync()
    {
        process!.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is null) return;
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
