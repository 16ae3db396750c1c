using System.Net;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(30_000)]
internal sealed class HostLookupTests : DnsFixture
{
    private HostLookup LookUp(DnsClient client, string host, string hosts = "") => new(client, Hosts(hosts), Clock, host, Trace);

    private static async Task<string> ReadAsync(HostLookup lookup, CancellationToken cancel = default)
    {
        var addresses = new List<IPAddress>();
        await foreach (IPAddress address in lookup.ReadAsync(cancel)) addresses.Add(address);
        return $"{lookup.Status} {string.Join(" ", addresses)}".Trim();
    }

    private async Task<string> ReadAsync(string host, Dictionary<string, string[]> zone, string hosts = "") => await ReadAsync(LookUp(Client(StartZone(zone)), host, hosts));

    [Test]
    public async Task Families_take_turns_and_IPv6_begins() =>
        Assert.That(
            await ReadAsync("a.example", new() { ["A a.example"] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"], ["AAAA a.example"] = ["2001:db8::1", "2001:db8::2"] }),
            Is.EqualTo("Found 2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3"));

    [Test]
    public async Task Both_families_are_asked_for_at_the_same_time(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        IAsyncEnumerator<IPAddress> reading = LookUp(Client(server), "a.example").ReadAsync(cancel).GetAsyncEnumerator(cancel);
        Task<bool> next = reading.MoveNextAsync().AsTask();
        FakeQuery[] queries = [await server.NextAsync(cancel), await server.NextAsync(cancel)];
        Assert.That(queries.Select(static query => query.ToString()), Is.EquivalentTo(new[] { "A a.example", "AAAA a.example" }));
        foreach (FakeQuery query in queries) await server.SendAsync(new FakeReply(query).Code(DnsCode.NoSuchName).ToArray(), query.From);
        Assert.That(await next, Is.False);
        await reading.DisposeAsync();
    }

    [Test]
    public async Task IPv4_waits_a_moment_for_IPv6_which_may_come_late(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static query => query.Type == DnsType.AAAA ? null : new FakeReply(query).Address("a.example", "192.0.2.1").Address("a.example", "192.0.2.2"));
        var watch = new TimerWatch(Clock, HostLookup.ResolutionDelay);
        IAsyncEnumerator<IPAddress> reading = new HostLookup(Client(server), Hosts(), watch, "a.example", Trace).ReadAsync(cancel).GetAsyncEnumerator(cancel);
        Task<bool> next = reading.MoveNextAsync().AsTask();
        FakeQuery[] queries = [await server.NextAsync(cancel), await server.NextAsync(cancel)];
        await watch.Set.WaitAsync(cancel);
        Assert.That(next.IsCompleted, Is.False);
        Clock.Advance(HostLookup.ResolutionDelay);
        Assert.That(await next, Is.True);
        Assert.That(reading.Current, Is.EqualTo(IPAddress.Parse("192.0.2.1")));
        Assert.That(await reading.MoveNextAsync(), Is.True);
        Assert.That(reading.Current, Is.EqualTo(IPAddress.Parse("192.0.2.2")));
        next = reading.MoveNextAsync().AsTask();
        Assert.That(next.IsCompleted, Is.False);
        FakeQuery late = queries.Single(static query => query.Type == DnsType.AAAA);
        await server.SendAsync(new FakeReply(late).Address("a.example", "2001:db8::1").ToArray(), late.From);
        Assert.That(await next, Is.True);
        Assert.That(reading.Current, Is.EqualTo(IPAddress.Parse("2001:db8::1")));
        Assert.That(await reading.MoveNextAsync(), Is.False);
        await reading.DisposeAsync();
    }

    [Test]
    public async Task After_one_of_IPv6_the_next_waits_a_moment_for_IPv4(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static query => query.Type == DnsType.A ? null : new FakeReply(query).Address("a.example", "2001:db8::1").Address("a.example", "2001:db8::2"));
        var watch = new TimerWatch(Clock, HostLookup.ResolutionDelay);
        IAsyncEnumerator<IPAddress> reading = new HostLookup(Client(server), Hosts(), watch, "a.example", Trace).ReadAsync(cancel).GetAsyncEnumerator(cancel);
        Assert.That(await reading.MoveNextAsync(), Is.True);
        Assert.That(reading.Current, Is.EqualTo(IPAddress.Parse("2001:db8::1")));
        Task<bool> next = reading.MoveNextAsync().AsTask();
        await watch.Set.WaitAsync(cancel);
        FakeQuery[] queries = [await server.NextAsync(cancel), await server.NextAsync(cancel)];
        FakeQuery late = queries.Single(static query => query.Type == DnsType.A);
        await server.SendAsync(new FakeReply(late).Address("a.example", "192.0.2.1").ToArray(), late.From);
        Assert.That(await next, Is.True);
        Assert.That(reading.Current, Is.EqualTo(IPAddress.Parse("192.0.2.1")));
        Assert.That(await reading.MoveNextAsync(), Is.True);
        Assert.That(reading.Current, Is.EqualTo(IPAddress.Parse("2001:db8::2")));
        await reading.DisposeAsync();
    }

    [TestCase("192.0.2.1", "Found 192.0.2.1")]
    [TestCase("2001:db8::1", "Found 2001:db8::1")]
    [TestCase("localhost", "Found ::1 127.0.0.1")]
    [TestCase("in.hosts.example", "Found 2001:db8::9 192.0.2.9")]
    [TestCase("a.invalid", "NoSuchName")]
    [TestCase("no name", "NoSuchName")]
    public async Task What_is_known_is_not_asked_for(string host, string expected)
    {
        Assert.That(await ReadAsync(host, [], "192.0.2.9 in.hosts.example\n2001:db8::9 in.hosts.example"), Is.EqualTo(expected));
        Assert.That(Asked, Is.Empty);
    }

    [TestCase("!", "!", "Failed")]
    [TestCase("!", null, "Failed")]
    [TestCase(null, "!", "Failed")]
    [TestCase(null, null, "NoSuchName")]
    [TestCase("192.0.2.1", "!", "Found 192.0.2.1")]
    [TestCase("192.0.2.1", null, "Found 192.0.2.1")]
    [TestCase(null, "2001:db8::1", "Found 2001:db8::1")]
    public async Task The_status_tells_what_may_change(string? four, string? six, string expected)
    {
        var zone = new Dictionary<string, string[]>();
        if (four is not null) zone["A a.example"] = [four];
        if (six is not null) zone["AAAA a.example"] = [six];
        Assert.That(await ReadAsync("a.example", zone), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_name_without_addresses_is_no_missing_name() =>
        Assert.That(await ReadAsync("a.example", new() { ["SRV a.example"] = [] }), Is.EqualTo("NoData"));
}
