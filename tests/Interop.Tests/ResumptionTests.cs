using System.Text.RegularExpressions;

namespace PresenceXml.Interop.Tests;

/// <summary>What docs/clients.md says of a client whose line breaks (XEP-0198 1.6 §5), where it needs no screen: what is sent to it. What it sends itself it does not always send again (see there).</summary>
[TestFixture]
[Interop("/usr/lib/python3/dist-packages/slixmpp/__init__.py", "/usr/bin/profanity", "/usr/bin/tmux")]
public sealed class ResumptionTests
{
    private const string Alice = "alice@localhost", Bob = "bob@localhost", AlicesPassword = "correct horse", BobsPassword = "battery";
    private ServerProcess server = null!;
    private BreakableLine line = null!;
    private ProfanityClient alice = null!;
    private SlixmppClient bob = null!;

    [SetUp]
    public async Task ChatAsync()
    {
        server = await ServerProcess.StartAsync(new Dictionary<string, object> { ["log"] = new { level = "Debug" } });
        await server.AddUserAsync(Alice, AlicesPassword);
        await server.AddUserAsync(Bob, BobsPassword);
        (bob, _) = await SlixmppClient.ConnectAsync(server, Bob, BobsPassword, "PLAIN");
        line = new BreakableLine(server.Port);
        alice = new ProfanityClient();
        await alice.LoginAsync(line.Port, Alice, AlicesPassword, "/reconnect 1");
        await alice.TypeAsync($"/msg {Bob} before it broke");
        await bob.ExpectAsync("message", m => (string?)m["body"] == "before it broke");
    }

    [TearDown]
    public async Task EndAsync()
    {
        if (alice is not null) await alice.DisposeAsync();
        if (line is not null) await line.DisposeAsync();
        if (bob is not null) await bob.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }

    [Test, Description("Messages that come to it while the line is cut arrive once and in order when it is back.")]
    public async Task Profanity_gets_what_came_while_the_line_was_cut()
    {
        line.Cut();
        await LostAsync();
        foreach (string body in new[] { "one of the cut", "two of the cut", "three of the cut" }) await SayAsync(body);
        Assert.That(await bob.MessagesUntilPongAsync(), Is.Empty, "nothing is refused");
        line.Open();
        await server.Output.ExpectAsync($"{Alice}/.* is resumed");
        await SayAsync("the last one");

        string screen = await alice.ExpectScreenAsync("the last one");
        Assert.That(Regex.Matches(screen, "(one|two|three) of the cut|the last one").Select(m => m.Value),
            Is.EqualTo(new[] { "one of the cut", "two of the cut", "three of the cut", "the last one" }), screen);
        await EndsWellAsync();
    }

    [Test, Description("What the server wrote into a line that passes nothing on is sent again, once, when another stands.")]
    public async Task Profanity_gets_what_a_dead_line_swallowed()
    {
        line.Silence();
        await SayAsync("into the silence");
        Assert.That(await bob.MessagesUntilPongAsync(), Is.Empty, "nothing is refused");
        line.Cut();
        await LostAsync();
        line.Open();
        await server.Output.ExpectAsync($"{Alice}/.* is resumed");
        await SayAsync("the last one");

        string screen = await alice.ExpectScreenAsync("the last one");
        Assert.That(Regex.Matches(screen, "into the silence|the last one").Select(m => m.Value), Is.EqualTo(new[] { "into the silence", "the last one" }), screen);
        await EndsWellAsync();
    }

    private Task SayAsync(string body) => bob.DoAsync(new { @do = "message", to = Alice, body });

    private async Task LostAsync()
    {
        await alice.ExpectScreenAsync("Lost connection");
        await server.Output.ExpectAsync($"{Alice}/.* has lost its line and waits");
    }

    private async Task EndsWellAsync()
    {
        Assert.That(await bob.MessagesUntilPongAsync(), Is.Empty, "nothing comes twice");
        Assert.That(await server.StopAsync(), Is.Zero, server.Output.Text);
        Assert.That(server.Output.Text, Does.Not.Match("(?m)^[0-9:]+ (warn|error|crit)"));
    }
}
