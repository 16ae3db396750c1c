using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage;

namespace PresenceXml.Server.Tests.Commands;

/// <summary><c>client list | revoke</c> while no server runs.</summary>
public sealed class ClientCommandsTests
{
    private static readonly DateTimeOffset Seen = new(2026, 5, 1, 12, 30, 45, TimeSpan.Zero);
    private CommandFixture fixture = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        fixture = new CommandFixture();
        await fixture.DoAsync("user add romeo@localhost --password secret99 --create");
    }

    [TearDown]
    public void TearDown() => fixture.Dispose();

    /// <summary>Clients as the server would have written them down; returns their ids.</summary>
    internal static async Task<string[]> AddAsync(StorageEngine engine)
    {
        var romeo = Jid.Parse("romeo@localhost");
        var clients = new ClientStore(new AccountStore(engine));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string[] ids = [.. new[] { "one", "two", "three" }.Select(agent => clients.IdOf(romeo, "agent", agent))];
        var token = new ClientToken(HtMechanism.None, default, HtVerifier.Of("token", []), now, now.AddDays(1));
        ClientRecord[] records =
        [
            new(ids[0], Seen) { LastSeen = now, Software = "Gajim", Device = "laptop", KnowsPassword = true, Current = token },
            new(ids[1], Seen) { LastSeen = Seen, Device = "phone", Next = token },
            new(ids[2], Seen) { LastSeen = now.AddMinutes(-1), Resource = "balcony", KnowsPassword = true },
        ];
        foreach (ClientRecord record in records) await clients.ChangeAsync(romeo, record.Id, _ => record, now: now);
        return ids;
    }

    private async Task<T> InStoreAsync<T>(Func<StorageEngine, Task<T>> act)
    {
        await using StorageEngine engine = await CommandFixture.OpenAsync(fixture.Data, create: false);
        return await act(engine);
    }

    [Test]
    public async Task List_prints_who_has_access_and_by_what()
    {
        string[] ids = await InStoreAsync(AddAsync);
        string[] lines = (await fixture.DoAsync("client list romeo@localhost")).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(lines[0], Does.Match("^ID +CONNECTED  LAST SEEN +FIRST SEEN +LET IN BY +CLIENT$"));
        Assert.That(lines[1], Does.Match($"^{ids[0]}  no +20..-..-.. ..:..  2026-05-01 12:30  password, token  Gajim on laptop$"));
        Assert.That(lines[2], Does.Match($"^{ids[2]}  no +20..-..-.. ..:..  2026-05-01 12:30  password         balcony$"));
        Assert.That(lines[3], Does.Match($"^{ids[1]}  no +2026-05-01 12:30  2026-05-01 12:30  token            phone$"));
    }

    [Test]
    public async Task Nobody_has_access_and_nothing_is_printed() => Assert.That(await fixture.DoAsync("client list romeo@localhost"), Is.Empty);

    [Test]
    public async Task Revoke_ends_tokens_and_says_what_is_left()
    {
        string[] ids = await InStoreAsync(AddAsync);
        Assert.That(await fixture.DoAsync($"client revoke romeo@localhost {ids[1]}"), Is.EqualTo(
            $"Client {ids[1]} of romeo@localhost: its tokens are revoked and it has no session, since no server runs here." + Environment.NewLine));
        Assert.That(await fixture.DoAsync($"client revoke romeo@localhost {ids[0]}"), Does.Contain("It knows the password").And.Contain("user passwd romeo@localhost"));
        Assert.That(await InStoreAsync(async engine => (await new ClientStore(new AccountStore(engine)).ListAsync(Jid.Parse("romeo@localhost"))).Any(static client => client.HasToken(Seen))), Is.False);
        Assert.That(await fixture.DoAsync("client list romeo@localhost"), Does.Contain(ids[0]).And.Not.Contain(ids[1]));
    }

    [TestCase("client list nobody@localhost", "there is no account nobody@localhost")]
    [TestCase("client revoke nobody@localhost x", "there is no account nobody@localhost")]
    [TestCase("client revoke romeo@localhost x", "romeo@localhost has no client x; \"client list romeo@localhost\" prints those it has")]
    [TestCase("client list romeo@other.example", "romeo@other.example: the server does not serve other.example, only localhost, b.example")]
    public async Task What_is_not_there_is_refused(string command, string reason) =>
        Assert.That(await fixture.RefusedAsync(command), Is.EqualTo("presencexml: " + reason));

    [Test]
    public async Task Help_names_them()
    {
        Assert.That(await fixture.DoAsync("--help"), Does.Contain("client"));
        Assert.That(await fixture.DoAsync("client --help"), Does.Contain("list <JID>").And.Contain("revoke <JID> <CLIENT-ID>"));
    }
}
