using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;
using PresenceXml.Server.Streams.Servers;
using PresenceXml.Server.Tests.Federation.Dns;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>The way from a domain to connections, over real sockets: places that refuse, that are silent, that work, and those nobody may be led to.</summary>
[CancelAfter(60_000)]
internal sealed class ServerDialerTests : DnsFixture
{
    private ServerOptions options = null!;
    private ServiceProvider services = null!;

    [SetUp]
    public void Begin() => options = new ServerOptions();

    [TearDown]
    public async Task End() => await services.DisposeAsync();

    private ServerDialer Dialer(Dictionary<string, string[]> zone, bool allowsPrivate)
    {
        options.Dns = new DnsOptions { Servers = [StartZone(zone).EndPoint.ToString()], Overrides = options.Dns.Overrides };
        options.Federation = new FederationOptions { AllowPrivateAddresses = allowsPrivate };
        services = new ServiceCollection().AddSingleton(options).AddSingleton<TimeProvider>(Clock).AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddDns().AddSingleton<ServerDialer>().BuildServiceProvider();
        return services.GetRequiredService<ServerDialer>();
    }

    private static TcpListener Listen(string address, int port = 0)
    {
        var listener = new TcpListener(IPAddress.Parse(address), port);
        listener.Start();
        return listener;
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Lets the time go by, but for answers of the DNS, until something is done.</summary>
    private async Task<T> PassAsync<T>(Task<T> until, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!until.IsCompleted && !patience.IsCancellationRequested)
        {
            Clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.WhenAny(until, Task.Delay(2, cancel));
        }
        Assert.That(until.IsCompleted, Is.True, Trace.ToString());
        return await until;
    }

    [Test]
    public async Task Who_refuses_and_who_is_silent_is_passed_over_and_the_next_place_comes_when_one_was_of_no_use(CancellationToken cancel)
    {
        using TcpListener works = Listen("127.0.0.4"), second = Listen("127.0.0.5");
        using var silent = new SilentPlace(new IPEndPoint(IPAddress.Parse("127.0.0.3"), Port(works)));
        using var alone = new SilentPlace(new IPEndPoint(IPAddress.Parse("127.0.0.6"), 0));
        ServerDialer dialer = Dialer(new()
        {
            ["SRV _xmpp-server._tcp.a.example"] = [$"1 1 {Port(works)} one.example", $"2 1 {alone.Port} 127.0.0.6", $"3 1 {Port(second)} 127.0.0.5"],
            ["A one.example"] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"],
        }, allowsPrivate: true);
        IAsyncEnumerator<ServerConnection> connections = dialer.ConnectAsync("a.example", Trace, cancel).GetAsyncEnumerator(cancel);
        Task<bool> next = connections.MoveNextAsync().AsTask();
        // Before the clock moves: no answer is to come too late.
        await Lines.ForAsync("AAAA one.example:", cancel);
        await Lines.ForAsync(" A one.example:", cancel);
        Assert.That(await PassAsync(next, cancel), Is.True, Trace.ToString());
        Assert.That(connections.Current.Name, Does.Contain($"127.0.0.4:{Port(works)}"));
        Assert.That(Trace.Lines, Has.Some.Contains($"127.0.0.2:{Port(works)}: nobody listens there"));
        await CloseAsync(connections.Current, cancel);

        // It was of no use; the second is silent for as long as it may be.
        Assert.That(await PassAsync(connections.MoveNextAsync().AsTask(), cancel), Is.True, Trace.ToString());
        Assert.That(Trace.Lines, Has.Some.Contains("127.0.0.6:").And.Some.Contains("no connection in 10 s"));
        using Socket accepted = await second.AcceptSocketAsync(cancel).AsTask().WaitAsync(cancel);
        await connections.Current.Transport.Output.WriteAsync("x"u8.ToArray(), cancel);
        Assert.That(await accepted.ReceiveAsync(new byte[1], cancel), Is.EqualTo(1));
        await CloseAsync(connections.Current, cancel);
        Assert.That(await connections.MoveNextAsync(), Is.False);
        await connections.DisposeAsync();
    }

    [Test]
    public async Task Where_nobody_works_it_is_said(CancellationToken cancel)
    {
        int free;
        using (TcpListener listener = Listen("127.0.0.4")) free = Port(listener);
        ServerDialer dialer = Dialer(new() { ["SRV _xmpp-server._tcp.a.example"] = [$"1 1 {free} 127.0.0.4"] }, allowsPrivate: true);
        LinkFailedException failure = await FailAsync(dialer, "a.example", cancel);
        Assert.That((failure.Step, failure.Condition.Condition), Is.EqualTo((LinkStep.Connect, "remote-server-timeout")));
        Assert.That(failure.Message, Does.Contain("no connection could be made to the server of a.example"));
    }

    [TestCase("a.example"), TestCase("b.example"), TestCase("c.example"), TestCase("[::1]"), TestCase("[::ffff:127.0.0.1]"), TestCase("127.0.0.1"), TestCase("localhost")]
    public async Task The_DNS_of_a_stranger_leads_nobody_into_our_network(string domain, CancellationToken cancel)
    {
        using TcpListener inside = Listen("127.0.0.1");
        ServerDialer dialer = Dialer(new()
        {
            ["SRV _xmpp-server._tcp.a.example"] = [$"1 1 {Port(inside)} one.example"],
            ["A one.example"] = ["127.0.0.1"],
            ["SRV _xmpps-server._tcp.b.example"] = [$"1 1 {Port(inside)} localhost"],
            ["SRV _xmpp-server._tcp.c.example"] = [$"1 1 {Port(inside)} 127.0.0.1"],
        }, allowsPrivate: false);
        LinkFailedException failure = await FailAsync(dialer, domain, cancel);
        Assert.That(failure.Step, Is.EqualTo(LinkStep.Connect), Trace.ToString());
        Assert.That(Trace.Lines, Has.Some.Contains("not tried, for it is a private address").And.None.Contains("connected"));
        Assert.That(failure.Remedy, Does.Contain("federation.allowPrivateAddresses"));
        Assert.That(inside.Pending(), Is.False);
    }

    [Test]
    public async Task Where_the_operator_leads_is_gone_to(CancellationToken cancel)
    {
        using TcpListener inside = Listen("127.0.0.1");
        options.Dns.Overrides = new Dictionary<string, DnsOverrideOptions> { ["a.example"] = new() { Targets = [$"127.0.0.1:{Port(inside)}"] } };
        ServerDialer dialer = Dialer([], allowsPrivate: false);
        await foreach (ServerConnection connection in dialer.ConnectAsync("a.example", Trace, cancel))
        {
            await CloseAsync(connection, cancel);
            return;
        }
        Assert.Fail(Trace.ToString());
    }

    [Test]
    public async Task One_domain_cannot_have_us_connect_to_as_many_places_as_it_likes(CancellationToken cancel)
    {
        int free;
        using (TcpListener listener = Listen("127.0.0.4")) free = Port(listener);
        var zone = new Dictionary<string, string[]> { ["SRV _xmpp-server._tcp.a.example"] = [.. Enumerable.Range(0, 30).Select(n => $"1 1 {free} h{n}.example")] };
        for (int n = 0; n < 30; n++) zone[$"A h{n}.example"] = [.. Enumerable.Range(1, 30).Select(m => $"127.0.{n}.{m}")];
        await FailAsync(Dialer(zone, allowsPrivate: true), "a.example", cancel);
        Assert.That(Trace.Lines.Count(static line => line.Contains("nobody listens there", StringComparison.Ordinal)), Is.EqualTo(60), Trace.ToString());
    }

    // As the streams do.
    private static async Task CloseAsync(ServerConnection connection, CancellationToken cancel)
    {
        connection.Abort();
        await connection.Close().AsTask().WaitAsync(cancel);
    }

    private async Task<LinkFailedException> FailAsync(ServerDialer dialer, string domain, CancellationToken cancel)
    {
        try
        {
            await foreach (ServerConnection connection in dialer.ConnectAsync(domain, Trace, cancel)) await CloseAsync(connection, cancel);
        }
        catch (LinkFailedException failure)
        {
            return failure;
        }
        throw new AssertionException(Trace.ToString());
    }

    /// <summary>Nobody answers here, not even to refuse: the queue of connections that nobody accepts is full, and Linux then drops what would open another.</summary>
    private sealed class SilentPlace : IDisposable
    {
        private readonly Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> filling = [];

        public SilentPlace(IPEndPoint address)
        {
            listener.Bind(address);
            listener.Listen(0);
            for (int i = 0; i < 3; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                filling.Add(socket);
                try
                {
                    socket.Connect(listener.LocalEndPoint!);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // It is under way; nobody waits for it.
                }
            }
        }

        public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            listener.Dispose();
            foreach (Socket socket in filling) socket.Dispose();
        }
    }
}
