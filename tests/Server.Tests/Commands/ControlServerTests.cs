using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Protocol;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Tests.Commands;

/// <summary>The commands against a server that runs: the store is locked, everything goes through the socket.</summary>
public sealed class ControlServerTests
{
    private CommandFixture fixture = null!;
    private StorageEngine engine = null!;
    private ControlServer server = null!;
    private readonly List<Jid> deleted = [];
    private readonly List<(Jid Account, ServicesOff Off)> switched = [];

    [SetUp]
    public async Task SetUp()
    {
        fixture = new CommandFixture();
        await StartAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        await StopAsync();
        fixture.Dispose();
    }

    private async Task StartAsync()
    {
        ServerOptions options = fixture.Options;
        engine = await CommandFixture.OpenAsync(options.DataDirectory, create: true);
        var accounts = new AccountStore(engine);
        var administration = new AccountAdministration(options, accounts, new RosterStore(engine), new KnownClients(new ClientStore(accounts), options, TimeProvider.System, NullLogger<KnownClients>.Instance), TimeProvider.System, (jid, cancel) =>
        {
            deleted.Add(jid);
            return accounts.DeleteAsync(jid, cancel);
        }, async (jid, off, _) =>
        {
            switched.Add((jid, off));
            var batch = new StorageBatch();
            AccountServices.Write(batch, jid, off);
            await engine.Commit(batch);
            return true;
        });
        // What federation commands ask is asked in FederationCommandsTests.
        server = new ControlServer(options, administration, null!, null!, NullLogger<ControlServer>.Instance);
        await server.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync()
    {
        await server.StopAsync(CancellationToken.None);
        server.Dispose();
        await engine.DisposeAsync();
    }

    [Test]
    public async Task Every_command_works_while_the_server_runs()
    {
        await fixture.DoAsync("user add romeo@localhost --password secret99");
        Assert.That(await fixture.RefusedAsync("user add romeo@localhost --password secret99"), Does.Contain("exists already"));
        await fixture.DoAsync("user passwd romeo@localhost --password secret98");
        Assert.That(await fixture.RefusedAsync("user passwd x@localhost --password secret98"), Does.Contain("there is no account"));
        Assert.That((await new AccountStore(engine).FindAsync(Jid.Parse("romeo@localhost")))!.Keys.All(static key => key.Verify("secret98")));
        fixture.Write("users.csv", "nurse@localhost,secret99\nromeo@localhost,secret99\n");
        Assert.That(await fixture.DoAsync("user import users.csv"), Does.StartWith("1 accounts added, 1 existed"));
        Assert.That((await fixture.DoAsync("user list")).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "nurse@localhost", "romeo@localhost" }));
        string[] clients = await ClientCommandsTests.AddAsync(engine);
        Assert.That(await fixture.DoAsync("client list romeo@localhost"), Does.Contain(clients[0]).And.Contain("password, token  Gajim on laptop").And.Contain("balcony"));
        Assert.That(await fixture.DoAsync($"client revoke romeo@localhost {clients[1]}"), Does.EndWith("its tokens are revoked and its sessions have ended." + Environment.NewLine));
        Assert.That(await fixture.DoAsync($"client revoke romeo@localhost {clients[0]}"), Does.Contain("It knows the password"));
        Assert.That(await fixture.RefusedAsync("client revoke romeo@localhost x"), Does.Contain("has no client x"));
        Assert.That(await fixture.RefusedAsync("client list x@localhost"), Does.Contain("there is no account"));
        await fixture.DoAsync("backup all.tgz");
        Assert.That(await fixture.RefusedAsync("backup all.tgz"), Does.Contain("exists"));
        await fixture.DoAsync("user services romeo@localhost --messages off");
        Assert.That(switched, Is.EqualTo(new[] { (Jid.Parse("romeo@localhost"), ServicesOff.Messages) }));
        Assert.That(await fixture.DoAsync("user services romeo@localhost"), Does.StartWith("romeo@localhost: presence on, messages off."));
        Assert.That(await fixture.RefusedAsync("user services x@localhost --messages off"), Does.Contain("there is no account"));
        await fixture.DoAsync("user delete romeo@localhost");
        Assert.That(deleted, Is.EqualTo(new[] { Jid.Parse("romeo@localhost") }), "the running server ends its sessions");
        Assert.That(await fixture.RefusedAsync("user delete romeo@localhost"), Does.Contain("there is no account"));
    }

    [Test]
    public async Task A_list_longer_than_a_page_is_whole()
    {
        await new AccountStore(engine).ImportAsync(Enumerable.Range(0, 2500).Select(static n => new Account(Jid.Parse($"u{n:D5}@localhost"), default)));
        Assert.That((await fixture.DoAsync("user list")).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2500).And.Ordered.And.Unique);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Only_the_owner_reaches_the_socket()
    {
        string socket = ControlPath.Find(fixture.Data)!;
        Assert.That(File.GetUnixFileMode(Path.GetDirectoryName(socket)!), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(File.GetUnixFileMode(socket), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task A_socket_that_a_dead_server_left_is_no_server()
    {
        await StopAsync();
        using (var dead = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            // Bound and gone without removing its file, as a killed process leaves it.
            dead.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(fixture.Data, ControlPath.FolderName, "socket2")));
            File.Move(Path.Combine(fixture.Data, ControlPath.FolderName, "socket2"), Path.Combine(fixture.Data, ControlPath.FolderName, "socket"));
        }
        Assert.That(ControlPath.Find(fixture.Data), Is.Not.Null);
        await fixture.DoAsync("user add romeo@localhost --password secret99");
        await StartAsync();
        Assert.That((await fixture.DoAsync("user list")).Trim(), Is.EqualTo("romeo@localhost"));
    }

    [Test]
    public async Task A_data_directory_with_a_long_path_has_its_socket_elsewhere()
    {
        await StopAsync();
        string longName = new('d', 120);
        fixture.Config($$"""{ "dataDirectory": "{{longName}}" }""");
        await StartAsync();
        string socket = ControlPath.Find(fixture.File(longName))!;
        Assert.That(socket, Does.Not.StartWith(fixture.Folder));
        await fixture.DoAsync("user add romeo@localhost --password secret99");
        await server.StopAsync(CancellationToken.None);
        Assert.That(Directory.Exists(Path.GetDirectoryName(socket)), Is.False);
        Assert.That(ControlPath.Find(fixture.File(longName)), Is.Null);
    }
}
