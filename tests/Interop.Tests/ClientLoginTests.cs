using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace PresenceXml.Interop.Tests;

/// <summary>
/// Client programs of docs/clients.md that run without a screen: each gets in, with the -PLUS mechanisms offered and without, by the
/// mechanism that is written there, is seen, chats both ways and gets what was sent while it was away, once.
/// </summary>
[TestFixture]
[Interop("/usr/lib/python3/dist-packages/slixmpp/__init__.py")]
public sealed class ClientLoginTests
{
    private const string Tmux = "/usr/bin/tmux", Alice = "alice@localhost", Bob = "bob@localhost", AlicesPassword = "correct horse", BobsPassword = "battery";

    [Test, Interop("/usr/bin/profanity", Tmux)]
    public Task Profanity([Values] bool channelBinding) => ChatsAsync(new ProfanityClient(), channelBinding, "SCRAM-SHA-512");

    [Test, Interop("/usr/bin/mcabber", Tmux)]
    public Task Mcabber([Values] bool channelBinding) => ChatsAsync(new McabberClient(), channelBinding, "PLAIN");

    [Test, Interop("/usr/bin/finch", "/usr/bin/dbus-daemon", "/usr/bin/dbus-send", Tmux)]
    public Task Finch([Values] bool channelBinding) => ChatsAsync(new FinchClient(), channelBinding, "SCRAM-SHA-512");

    [Test, Interop("/usr/lib/python3/dist-packages/aioxmpp/__init__.py")]
    public Task Aioxmpp([Values] bool channelBinding) => ChatsAsync(new AioxmppClient(), channelBinding, "SCRAM-SHA-256");

    [Test, Interop("/usr/bin/sendxmpp")]
    public async Task Sendxmpp([Values] bool channelBinding)
    {
        await using ServerProcess server = await ServerAsync(channelBinding);
        await using SlixmppClient bob = await BobAsync(server);
        string file = Path.Combine(server.Folder, "sendxmpprc");
        await File.WriteAllTextAsync(file, $"username: alice\njserver: localhost\nport: {server.Port}\npassword: {AlicesPassword}\n");
        // It takes no password from a file that others can read.
        using (Process chmod = Process.Start("chmod", ["600", file])) await chmod.WaitForExitAsync();
        await PipeAsync("hello from sendxmpp\n", "sendxmpp", "-f", file, "-t", "-n", Bob);
        await bob.ExpectAsync("message", m => ((string?)m["body"])?.Trim() == "hello from sendxmpp");
        await server.Output.ExpectAsync($"{Alice} logged in from 127.0.0.1 by PLAIN\n");
    }

    [Test, Interop("/usr/bin/go-sendxmpp")]
    public async Task Go_sendxmpp([Values] bool channelBinding)
    {
        await using ServerProcess server = await ServerAsync(channelBinding);
        await using SlixmppClient bob = await BobAsync(server);
        string address = "127.0.0.1:" + server.Port.ToString(CultureInfo.InvariantCulture);
        await PipeAsync("hello from go-sendxmpp\n", "go-sendxmpp", "-n", "-u", Alice, "-p", AlicesPassword, "-j", address, Bob);
        await bob.ExpectAsync("message", m => ((string?)m["body"])?.Trim() == "hello from go-sendxmpp");
        await server.Output.ExpectAsync($"{Alice} logged in from 127.0.0.1 by PLAIN\n");
    }

    [Test]
    public async Task Slixmpp([Values("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")] string mechanism)
    {
        await using ServerProcess server = await ServerAsync(channelBinding: false);
        (SlixmppClient client, JsonObject online) = await SlixmppClient.ConnectAsync(server, Alice, AlicesPassword, mechanism);
        await using SlixmppClient alice = client;
        Assert.That((string?)online["mechanism"], Is.EqualTo(mechanism));
        await server.Output.ExpectAsync($"{Alice} logged in from 127.0.0.1 by {mechanism}\n");
    }

    [Test]
    public async Task Slixmpp_is_refused_with_a_wrong_password([Values("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")] string mechanism)
    {
        await using ServerProcess server = await ServerAsync(channelBinding: false);
        await using SlixmppClient alice = SlixmppClient.Start(server, Alice, "wrong horse", mechanism);
        Assert.That((string?)(await alice.ExpectAsync("failed"))["why"], Is.EqualTo("auth"));
        await server.Output.ExpectAsync($"Login as \"alice\" by {mechanism} from 127.0.0.1 refused: not-authorized");
        Assert.That(server.Output.Text, Does.Not.Contain("logged in"));
    }

    [Test, Description("It asks for tls-unique, which is not bound to here, then says that it could bind: seven tries on one stream, and more logins a minute than an address may fail.")]
    public async Task Slixmpp_is_never_throttled_for_what_it_binds_to()
    {
        await using ServerProcess server = await ServerAsync(channelBinding: true);
        for (int login = 0; login < 4; login++)
        {
            (SlixmppClient client, JsonObject online) = await SlixmppClient.ConnectAsync(server, Alice, AlicesPassword);
            await using SlixmppClient alice = client;
            Assert.That((string?)online["mechanism"], Is.EqualTo("PLAIN"));
            await alice.DisconnectAsync();
        }
        Assert.That(server.Output.Text.Split("refused: not-authorized (channel binding)"), Has.Length.EqualTo(4 * 6 + 1));
    }

    private static async Task ChatsAsync(IChatClient client, bool channelBinding, string mechanism)
    {
        await using IChatClient alice = client;
        await using ServerProcess server = await ServerAsync(channelBinding);
        await using SlixmppClient bob = await BobAsync(server);
        await BefriendAsync(server, bob);

        await alice.LoginAsync(server, Alice, AlicesPassword);
        await bob.ExpectAsync("presence", IsAlice("available"));
        await server.Output.ExpectAsync($"(?s)by PLAIN\n.*{Alice} logged in from 127.0.0.1 by {mechanism}\n");

        await alice.SendAsync(Bob, "hello from alice");
        await bob.ExpectAsync("message", m => (string?)m["body"] == "hello from alice");
        await bob.DoAsync(new { @do = "message", to = Alice, body = "hello from bob" });
        await alice.ExpectMessageAsync("hello from bob");

        await alice.QuitAsync();
        await bob.ExpectAsync("presence", IsAlice("unavailable"));
        await bob.DoAsync(new { @do = "message", to = Alice, body = "while you were away" });
        Assert.That(await bob.MessagesUntilPongAsync(), Is.Empty);
        await alice.LoginAsync(server, Alice, AlicesPassword);
        await alice.ExpectMessageAsync("while you were away");
        // What it says now comes behind its acknowledgement (XEP-0198): one that quits without having acknowledged has the message waiting for the next.
        await alice.SendAsync(Bob, "back again");
        await bob.ExpectAsync("message", m => (string?)m["body"] == "back again");
        await alice.QuitAsync();
        await bob.ExpectAsync("presence", IsAlice("unavailable"));

        // Nothing is left for the next client of the account.
        (SlixmppClient other, _) = await SlixmppClient.ConnectAsync(server, Alice, AlicesPassword, "PLAIN");
        await using SlixmppClient next = other;
        Assert.That(await next.MessagesUntilPongAsync(), Is.Empty);
        Assert.That(await server.StopAsync(), Is.Zero, server.Output.Text);
        Assert.That(server.Output.Text, Does.Not.Match("(?m)^[0-9:]+ (warn|error|crit)"));
    }

    private static Func<JsonObject, bool> IsAlice(string type) =>
        p => (string?)p["type"] == type && ((string)p["from"]!).StartsWith(Alice + "/", StringComparison.Ordinal);

    private static async Task<ServerProcess> ServerAsync(bool channelBinding)
    {
        ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, object> { ["auth"] = new { channelBinding } });
        await server.AddUserAsync(Alice, AlicesPassword);
        await server.AddUserAsync(Bob, BobsPassword);
        return server;
    }

    private static async Task<SlixmppClient> BobAsync(ServerProcess server) => (await SlixmppClient.ConnectAsync(server, Bob, BobsPassword, "PLAIN")).Client;

    /// <summary>Both see each other's presence from now on: the slixmpp clients grant and ask back by themselves.</summary>
    private static async Task BefriendAsync(ServerProcess server, SlixmppClient bob)
    {
        (SlixmppClient client, _) = await SlixmppClient.ConnectAsync(server, Alice, AlicesPassword, "PLAIN");
        await using SlixmppClient alice = client;
        await alice.DoAsync(new { @do = "subscribe", to = Bob });
        await bob.ExpectAsync("presence", IsAlice("available"));
        await alice.ExpectAsync("presence", p => (string?)p["type"] == "available" && ((string)p["from"]!).StartsWith(Bob + "/", StringComparison.Ordinal));
        await alice.DisconnectAsync();
        await bob.ExpectAsync("presence", IsAlice("unavailable"));
    }

    private static async Task PipeAsync(string input, string program, params string[] arguments)
    {
        using Process run = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = new TranscriptReader(run.StandardError, run.StandardOutput);
        await run.StandardInput.WriteAsync(input);
        run.StandardInput.Close();
        await run.WaitForExitAsync();
        Assert.That(run.ExitCode, Is.Zero, output.Text);
    }
}
