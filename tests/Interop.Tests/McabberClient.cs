namespace PresenceXml.Interop.Tests;

/// <summary>mcabber (loudmouth) as Debian ships it.</summary>
public sealed class McabberClient : TerminalProgram, IChatClient
{
    public async Task LoginAsync(ServerProcess server, string jid, string password)
    {
        string folder = Path.Combine(Home, ".mcabber");
        Directory.CreateDirectory(Path.Combine(folder, "histo"));
        await File.WriteAllTextAsync(Path.Combine(folder, "mcabberrc"), $"""
            set jid = {jid}
            set password = {password}
            set server = 127.0.0.1
            set port = {server.Port}
            set tls = 1
            set ssl_ignore_checks = 1
            set logging = 1
            set logging_dir = {folder}/histo/

            """);
        await RunAsync("mcabber");
    }

    public Task SendAsync(string to, string body) => TypeAsync($"/say_to {to} {body}");

    public Task ExpectMessageAsync(string body) => ExpectFileAsync(".mcabber/histo", $"(?m)^MR .*{body}$");
}
