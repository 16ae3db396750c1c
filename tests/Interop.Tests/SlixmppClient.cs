using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace PresenceXml.Interop.Tests;

/// <summary>slixmpp as Debian ships it, driven by slixmpp_client.py.</summary>
public sealed class SlixmppClient : IAsyncDisposable
{
    private readonly Process process;
    private readonly TranscriptReader errors;
    private readonly Channel<JsonObject> events = Channel.CreateUnbounded<JsonObject>();
    private readonly List<string> seen = [];

    private SlixmppClient(Process process)
    {
        this.process = process;
        errors = new TranscriptReader(process.StandardError);
        _ = PumpAsync();
    }

    /// <summary>Logs in; the returned event tells the mechanism used.</summary>
    public static async Task<(SlixmppClient Client, JsonObject Online)> ConnectAsync(ServerProcess server, string jid, string password, string? mechanism = null)
    {
        SlixmppClient client = Start(server, jid, password, mechanism);
        try
        {
            return (client, await client.ExpectAsync("online"));
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts to log in.</summary>
    public static SlixmppClient Start(ServerProcess server, string jid, string password, string? mechanism = null)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "slixmpp_client.py");
        string port = server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        List<string> arguments = [script, jid, password, "127.0.0.1", port];
        if (mechanism is not null) arguments.Add(mechanism);
        return new SlixmppClient(Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    public async Task DoAsync(object command)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command));
        await process.StandardInput.FlushAsync();
    }

    /// <summary>The next event of this kind for which <paramref name="match"/> holds; others before it are passed over but kept for the message of a failure.</summary>
    public async Task<JsonObject> ExpectAsync(string kind, Func<JsonObject, bool>? match = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            while (true)
            {
                JsonObject next = await events.Reader.ReadAsync(limit.Token);
                if ((string?)next["event"] == kind && (match?.Invoke(next) ?? true)) return next;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new AssertionException($"slixmpp: no such '{kind}' event. Seen:\n{string.Join('\n', seen)}\n{errors.Text}");
        }
    }

    /// <summary>Every message that came before the answer to a ping, which the server sends after all of them.</summary>
    public async Task<IReadOnlyList<JsonObject>> MessagesUntilPongAsync()
    {
        await DoAsync(new { @do = "ping", to = "localhost" });
        List<JsonObject> messages = [];
        await ExpectAsync("pong", _ => true, messages);
        return messages;
    }

    public async Task DisconnectAsync()
    {
        await DoAsync(new { @do = "disconnect" });
        await ExpectAsync("offline");
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task ExpectAsync(string kind, Func<JsonObject, bool> match, List<JsonObject> messages) =>
        await ExpectAsync(kind, next => match(next), next => { if ((string?)next["event"] == "message") messages.Add(next); });

    private async Task ExpectAsync(string kind, Func<JsonObject, bool> match, Action<JsonObject> passedOver)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            JsonObject next = await events.Reader.ReadAsync(limit.Token);
            if ((string?)next["event"] == kind && match(next)) return;
            passedOver(next);
        }
    }

    private async Task PumpAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (seen) seen.Add(line);
            events.Writer.TryWrite(JsonNode.Parse(line)!.AsObject());
        }
        events.Writer.Complete();
    }
}
