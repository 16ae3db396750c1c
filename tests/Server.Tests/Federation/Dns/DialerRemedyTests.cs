using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;
using PresenceXml.Server.Streams.Servers;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>Why there is no connection to a domain's server, and what would mend it.</summary>
[CancelAfter(30_000)]
internal sealed class DialerRemedyTests : DnsFixture
{
    [TestCase("none.example", LinkStep.Resolve, "remote-server-not-found", "has no address", "see that none.example is spelt right")]
    [TestCase("dot.example", LinkStep.Resolve, "remote-server-not-found", "has no XMPP server", "says in the DNS that it has no XMPP")]
    [TestCase("nowhere.invalid", LinkStep.Resolve, "remote-server-not-found", "the DNS knows nothing of", "only a line in dns.overrides leads to it")]
    [TestCase("bare.example", LinkStep.Resolve, "remote-server-not-found", "has no address", "must have A or AAAA records")]
    [TestCase("mute.example", LinkStep.Resolve, "remote-server-timeout", "could not be found out", "see that a nameserver answers")]
    [TestCase("closed.example", LinkStep.Connect, "remote-server-timeout", "no connection could be made", "the server of closed.example is not running")]
    [TestCase("private.example", LinkStep.Connect, "remote-server-timeout", "no connection could be made", "the DNS leads to a private address")]
    public async Task What_failed_and_what_would_mend_it_is_told(string domain, LinkStep step, string condition, string reason, string remedy, CancellationToken cancel)
    {
        int free;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            free = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        FakeDnsServer server = StartZone(new()
        {
            ["SRV _xmpp-server._tcp.dot.example"] = ["0 0 0 ."],
            ["SRV _xmpp-server._tcp.bare.example"] = ["0 5 5269 host.bare.example"],
            ["A private.example"] = ["10.0.0.1"],
            ["A mute.example"] = ["!"],
            ["AAAA mute.example"] = ["!"],
            ["SRV _xmpp-server._tcp.closed.example"] = [string.Create(CultureInfo.InvariantCulture, $"0 5 {free} one.example")],
            ["A one.example"] = ["127.0.0.1"],
        });
        var options = new ServerOptions { Dns = new DnsOptions { Servers = [server.EndPoint.ToString()] }, Federation = new FederationOptions { AllowPrivateAddresses = domain != "private.example" } };
        ServiceCollection services = new();
        services.AddSingleton(options).AddSingleton<TimeProvider>(Clock).AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddDns().AddSingleton<ServerDialer>();
        await using ServiceProvider provider = services.BuildServiceProvider();
        using ServerDialer dialer = provider.GetRequiredService<ServerDialer>();
        await using IAsyncEnumerator<ServerConnection> connections = dialer.ConnectAsync(domain, Trace, cancel).GetAsyncEnumerator(cancel);
        LinkFailedException failure = Assert.ThrowsAsync<LinkFailedException>(async () => await connections.MoveNextAsync())!;
        Assert.That((failure.Step, failure.Condition.Condition), Is.EqualTo((step, condition)), Trace.ToString());
        Assert.That(failure.Message, Does.Contain(reason));
        Assert.That(failure.Remedy, Does.Contain(remedy));
        Assert.That(Trace.Lines[^2], Does.EndWith("failed: " + failure.Message));
        Assert.That(Trace.Lines[^1], Does.EndWith("to mend it: " + failure.Remedy));
    }
}
