using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>All of it, as the program would have it.</summary>
[CancelAfter(30_000)]
internal sealed class DnsSetupTests : DnsFixture
{
    private async Task WithAsync(DnsOptions options, Func<ServiceResolver, TargetConnector, Task> act)
    {
        ServiceCollection services = new();
        services.AddSingleton(new ServerOptions { Dns = options }).AddSingleton<TimeProvider>(Clock).AddDns();
        await using ServiceProvider provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });
        await act(provider.GetRequiredService<ServiceResolver>(), provider.GetRequiredService<TargetConnector>());
    }

    [Test]
    public async Task A_domain_is_found_and_connected_to(CancellationToken cancel)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        FakeDnsServer server = StartZone(new() { ["SRV _xmpp-server._tcp.a.example"] = [$"10 1 {port} one.example"], ["A one.example"] = ["127.0.0.1"] });
        await WithAsync(new DnsOptions { Servers = [server.EndPoint.ToString()] }, async (resolver, connector) =>
        {
            ServiceLookup lookup = await resolver.ResolveAsync("a.example", Trace, cancel);
            TargetConnection connection = await connector.ConnectAsync(lookup.Targets.Single(), true, Trace, cancel);
            using Socket? socket = connection.Socket;
            Assert.That(socket, Is.Not.Null, Trace.ToString());
            Assert.That(((IPEndPoint)socket!.RemoteEndPoint!).Port, Is.EqualTo(port));
            Assert.That(Trace.Lines, Has.Some.Contains("trying one.example:").And.Some.Contains("A one.example: 127.0.0.1").And.Some.EndsWith("connected"));
        });
    }

    [TestCase("one.example", "Found", "could be reached")]
    [TestCase("none.example", "NoSuchName", "it has no address")]
    [TestCase("bad.example", "Failed", "it has no address")]
    public async Task Why_nobody_could_be_reached_is_told(string host, string expected, string sentence)
    {
        int free;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            free = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        FakeDnsServer server = StartZone(new() { ["A one.example"] = ["127.0.0.1"], ["A bad.example"] = ["!"], ["AAAA bad.example"] = ["!"] });
        await WithAsync(new DnsOptions { Servers = [server.EndPoint.ToString()] }, async (_, connector) =>
        {
            TargetConnection connection = await connector.ConnectAsync(new ServiceTarget(host, free, false), true, Trace, default);
            Assert.That(connection.Socket, Is.Null);
            Assert.That(connection.HostStatus.ToString(), Is.EqualTo(expected));
            Assert.That(Trace.Lines[^1], Does.Contain(sentence));
        });
    }
}
