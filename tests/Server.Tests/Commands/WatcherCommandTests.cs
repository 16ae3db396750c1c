using Microsoft.Extensions.Logging;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Commands;

/// <summary><c>watchers JID</c>: from administrators nobody hides, and the log says that they looked.</summary>
public sealed class WatcherCommandTests
{
    private readonly CapturedLog log = new();
    private CommandFixture fixture = null!;
    private TestServer server = null!;
    private ControlServer control = null!;
    private LoggerFactory logging = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        fixture = new CommandFixture();
        server = await TestServer.StartAsync();
        await server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        logging = new LoggerFactory([log]);
        control = new ControlServer(
            fixture.Options, null!, null!, new WatcherAudit(server.Get<Presentities>(), server.Get<WatcherReader>()),
            logging.CreateLogger<ControlServer>());
        await control.StartAsync(CancellationToken.None);
    }

    [TearDown]
    public async Task TearDownAsync()
    {
        await control.StopAsync(CancellationToken.None);
        control.Dispose();
        logging.Dispose();
        await server.DisposeAsync();
        fixture.Dispose();
    }

    [Test]
    public async Task Who_hides_is_listed_too_and_the_log_says_so()
    {
        TestClient romeo = await server.LoginAsync("romeo@localhost/orchard");
        await romeo.AskAsync("<iq type='set' id='v'><visibility xmlns='urn:x-presencexml:visibility:0'><default show='none'/></visibility></iq>");
        await romeo.SendAsync("<presence type='probe' to='juliet@localhost'/>");
        await fixture.DoAsync("watchers juliet@localhost");
        string[] lines = fixture.Out.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines[0], Does.Match("^WATCHER +KIND +STATUS +LAST +FIRST +ASKED +PROVEN BY +REMARKS$"));
        Assert.That(lines[1], Does.Match("^romeo@localhost +fetcher +waiting +2030-01-01 00:00 +2030-01-01 00:00 +1 +local +refused$"));
        Assert.That(log.Lines, Has.Some.Contains("The watchers of juliet@localhost were listed"));
    }
}
