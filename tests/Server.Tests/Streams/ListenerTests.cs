using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Streams;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>The streams on real sockets of the loopback.</summary>
[CancelAfter(60_000)]
public sealed class ListenerTests
{
    private WebApplication server = null!;
    private StorageEngine engine = null!;
    private LogWatch log = null!;
    private string folder = "";

    private ClientListener Listener => server.Services.GetRequiredService<ClientListener>();

    private async Task StartAsync(Action<ServerOptions>? configure = null)
    {
        folder = Directory.CreateTempSubdirectory("presencexml-listener-").FullName;
        var options = new ServerOptions { DataDirectory = folder };
        options.Listen.Client = ["127.0.0.1:0"];
        options.Listen.ClientTls = ["127.0.0.1:0"];
        options.Listen.Server = ["127.0.0.1:0"];
        options.Listen.ServerTls = ["127.0.0.1:0"];
        configure?.Invoke(options);
        log = new LogWatch();
        engine = await SqliteEngine.OpenTemporaryAsync();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(log));
        builder.Services.AddSingleton(options).AddSingleton(engine).AddSingleton<AccountStore>().AddSingleton<RosterStore>().AddSingleton<InboxStore>().AddSingleton(new ModuleOptionsSource()).AddHeart();
        builder.AddStreams();
        server = builder.Build();
        server.Services.GetRequiredService<ModuleHost>().Start(ModuleCatalog.Modules);
        await server.Services.GetRequiredService<AccountStore>().AddAsync(new Account(Jid.Parse("juliet@localhost"), DateTimeOffset.UnixEpoch)
        {
            Keys = [ScramKeys.Derive(ScramHash.Sha256, "sesame", new byte[16], ScramKeys.MinimumIterations)],
        });
        await server.StartAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await server.StopAsync();
        await server.DisposeAsync();
        await engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        log.AssertNoErrors();
        log.Dispose();
    }

    private static async Task<TestClient> ConnectAsync(IPEndPoint endPoint, IPAddress? address = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(address ?? endPoint.Address, endPoint.Port));
        return new TestClient(new NetworkStream(socket, ownsSocket: true));
    }

    [Test, Property("Spec", "S-01"), Property("Spec", "DT-1")]
    public async Task A_login_works_on_both_ports()
    {
        await StartAsync();
        await using TestClient plain = await ConnectAsync(Listener.EndPoints[0]);
        Assert.That(await plain.LoginAsync("juliet", "sesame", "a"), Is.EqualTo("juliet@localhost/a"));
        await using TestClient direct = await ConnectAsync(Listener.DirectEndPoints[0]);
        await direct.HandshakeAsync("localhost");
        await direct.OpenAsync();
        Assert.That(await direct.ScramAsync("SCRAM-SHA-256", "juliet", "sesame"), Does.Contain("<success"));
        await direct.OpenAsync();
        await direct.BindAsync("b");
        await plain.SendAsync("<message to='juliet@localhost/b' type='chat'><body>hello</body></message>");
        Assert.That(await direct.ReadToAsync("</message>"), Does.Contain("<body>hello</body>").And.Contain("from='juliet@localhost/a'"));
        Assert.That(Listener.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task Any_address_is_both_families()
    {
        await StartAsync(options => options.Listen.Client = ["[::]:0"]);
        IPEndPoint bound = Listener.EndPoints[0];
        await using TestClient four = await ConnectAsync(bound, IPAddress.Loopback);
        await four.OpenAsync();
        if (!Socket.OSSupportsIPv6 || bound.AddressFamily != AddressFamily.InterNetworkV6) return;
        await using TestClient six = await ConnectAsync(bound, IPAddress.IPv6Loopback);
        await six.OpenAsync();
    }

    [Test, Property("Spec", "D-01")]
    public async Task One_connection_too_many_is_closed_and_the_place_of_one_that_left_is_free()
    {
        await StartAsync(options => options.Limits.ConnectionsPerAddress = 2);
        await using TestClient first = await ConnectAsync(Listener.EndPoints[0]);
        await using TestClient second = await ConnectAsync(Listener.EndPoints[0]);
        await first.OpenAsync();
        await second.OpenAsync();
        await using (TestClient third = await ConnectAsync(Listener.EndPoints[0])) Assert.That(await third.ReadToEndAsync(), Is.Empty);
        await first.SendAsync("</stream:stream>");
        await first.ReadToEndAsync();
        // The place is given back when the stream's task ends, a moment after the socket did.
        var patience = Stopwatch.StartNew();
        while (Listener.Connections > 1 && patience.Elapsed < TimeSpan.FromSeconds(30)) await Task.Yield();
        await using TestClient fourth = await ConnectAsync(Listener.EndPoints[0]);
        await fourth.OpenAsync();
    }

    [Test, Property("Spec", "SE-01"), Property("Spec", "SE-system-shutdown")]
    public async Task A_stopped_server_tells_everyone_and_is_gone_in_seconds()
    {
        await StartAsync();
        await using TestClient bound = await ConnectAsync(Listener.EndPoints[0]);
        await bound.LoginAsync("juliet", "sesame");
        await using TestClient stranger = await ConnectAsync(Listener.EndPoints[0]);
        await stranger.OpenAsync();
        await using TestClient shaking = await ConnectAsync(Listener.DirectEndPoints[0]);
        await using TestClient deaf = await ConnectAsync(Listener.EndPoints[0]);
        await deaf.LoginAsync("juliet", "sesame");
        // In flight: sent before the stop, answered before the end.
        await bound.SendAsync("<iq type='get' id='flight'><query xmlns='jabber:iq:roster'/></iq>");
        await bound.ReadToAsync("id='flight'");
        var clock = Stopwatch.StartNew();
        Task stopping = server.StopAsync();
        Assert.That(await bound.ReadToAsync("</stream:stream>"), Does.Contain("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"));
        Assert.That(await stranger.ReadToAsync("</stream:stream>"), Does.Contain("<stream:error><system-shutdown "));
        await stopping.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)), "the promise of a stop");
        Assert.That(Listener.Connections, Is.Zero);
    }

    [Test, Property("Spec", "D-10")]
    public async Task A_flood_over_a_socket_is_cut_and_the_server_lives()
    {
        await StartAsync();
        await using TestClient flood = await ConnectAsync(Listener.EndPoints[0]);
        await flood.OpenAsync();
        byte[] chunk = new byte[64 * 1024];
        Array.Fill(chunk, (byte)'a');
        await flood.SendAsync("<iq id='");
        Assert.That(
            async () =>
            {
                for (int i = 0; i < 16 * 1024; i++) await flood.SendAsync(chunk);
            },
            Throws.InstanceOf<IOException>());
        await using TestClient other = await ConnectAsync(Listener.EndPoints[0]);
        await other.LoginAsync("juliet", "sesame");
    }
}
