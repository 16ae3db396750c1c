using System.Net;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>The resolver between nameservers of the test and a clock that stands still.</summary>
internal abstract class DnsFixture
{
    protected static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly List<FakeDnsServer> servers = [];

    protected FakeTimeProvider Clock { get; private set; } = null!;
    protected LinkTrace Trace { get; private set; } = null!;
    protected LineWatch Lines { get; private set; } = null!;

    /// <summary>What the nameserver that was started last was asked.</summary>
    protected IReadOnlyCollection<string> Asked => servers[^1].Asked;

    [SetUp]
    public void MakeClock()
    {
        Clock = new FakeTimeProvider();
        Lines = new LineWatch();
        Trace = new LinkTrace(Clock, Lines.Add);
    }

    [TearDown]
    public async Task StopServersAsync()
    {
        FakeDnsServer[] started = [.. servers];
        servers.Clear();
        foreach (FakeDnsServer server in started) await server.DisposeAsync();
    }

    protected static DnsName Name(string text) => DnsName.TryParse(text, out DnsName? name) ? name : throw new FormatException(text);

    protected FakeDnsServer Start(Func<FakeQuery, FakeReply?> answer) => Add(new FakeDnsServer(query => answer(query) is { } reply ? [reply.ToArray()] : []));
    protected FakeDnsServer StartZone(Dictionary<string, string[]> zone) => Add(FakeDnsServer.OfZone(zone));

    protected FakeDnsServer Add(FakeDnsServer server)
    {
        servers.Add(server);
        return server;
    }

    protected Nameservers Nameservers(params IPEndPoint[] endPoints) => Nameservers(new ResolvConf { Servers = endPoints });
    protected Nameservers Nameservers(ResolvConf conf) => new(() => conf, new DnsTransport(Clock), Timeout, Clock);

    protected DnsClient Client(params FakeDnsServer[] asked) => Client(10000, 1000, asked);

    protected DnsClient Client(int cacheRecords, int questions, params FakeDnsServer[] asked) =>
        new(Nameservers([.. asked.Select(static server => server.EndPoint)]), new DnsCache(cacheRecords, Clock), new Turns(questions, DnsClient.Patience, Clock), Timeout, Clock);

    protected WatchedFile<HostsFile> Hosts(string text = "") => new("/nonexistent/hosts", _ => HostsFile.Parse(text), Clock);
}
