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

    public Task LoginAsync(ServerProcess server, string jid, string password) => LoginAsync(server.Port, jid, password);

    /// <param name="port">Where the server is reached.</param>
    /// <param name="settings">Commands to type first.</param>
    public async Task LoginAsync(int port, string jid, string password, params string[] settings)
    {
        await RunAsync("profanity");
        await ExpectScreenAsync("Profanity|/help");
        foreach (string command in settings) await TypeAsync(command);
        await TypeAsync($"/connect {jid} server 127.0.0.1 port {port} tls trust");
        await ExpectScreenAsync("Enter password:");
        await TypeAsync(password);
        await ExpectScreenAsync("logged in successfully");
    }

    public Task SendAsync(string to, string body) => TypeAsync($"/msg {to} {body}");

    public Task ExpectMessageAsync(string body) => ExpectFileAsync(".local/share/profanity/database", body);
}
