namespace PresenceXml.Interop.Tests;

/// <summary>profanity as Debian ships it.</summary>
public sealed class ProfanityClient : TerminalProgram, IChatClient
{
    public static async Task<ProfanityClient> ConnectAsync(ServerProcess server, string jid, string password)
    {
        var client = new ProfanityClient();
        await client.LoginAsync(server, jid, password);
        return client;
    }

    public async Task LoginAsync(ServerProcess server, string jid, string password)
    {
        await RunAsync("profanity");
        await ExpectScreenAsync("Profanity|/help");
        await TypeAsync($"/connect {jid} server 127.0.0.1 port {server.Port} tls trust");
        await ExpectScreenAsync("Enter password:");
        await TypeAsync(password);
        await ExpectScreenAsync("logged in successfully");
    }

    public Task SendAsync(string to, string body) => TypeAsync($"/msg {to} {body}");

    public Task ExpectMessageAsync(string body) => ExpectFileAsync(".local/share/profanity/database", body);
}
