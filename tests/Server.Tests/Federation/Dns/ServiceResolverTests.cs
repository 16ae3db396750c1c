using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(30_000)]
internal sealed class ServiceResolverTests : DnsFixture
{
    private const string StartTls = "SRV _xmpp-server._tcp.a.example";
    private const string DirectTls = "SRV _xmpps-server._tcp.a.example";

    private async Task<ServiceLookup> ResolveAsync(string domain, Dictionary<string, string[]> zone, DnsOptions? options = null)
    {
        FakeDnsServer server = StartZone(zone);
        return await new ServiceResolver(Client(server), options ?? new DnsOptions(), new Random(1)).ResolveAsync(domain, Trace, default);
    }

    private async Task<string> LookUpAsync(string domain, Dictionary<string, string[]> zone, DnsOptions? options = null)
    {
        ServiceLookup lookup = await ResolveAsync(domain, zone, options);
        Assert.That(Trace.Lines[^1], Does.EndWith(lookup.Reason));
        Assert.That(lookup.Reason, Is.Not.Empty);
        return $"{lookup.Status}{(lookup.IsFallback ? " fallback" : "")} {string.Join(", ", lookup.Targets)}".Trim();
    }

    [Test]
    [Property("Spec", "S-20")]
    public async Task Both_kinds_are_asked_for_and_mixed_by_priority()
    {
        Assert.That(
            await LookUpAsync("a.example", new() { [StartTls] = ["10 1 5269 one.example", "30 1 5269 three.example"], [DirectTls] = ["20 1 443 two.example"] }),
            Is.EqualTo("Found one.example:5269, two.example:443 (direct TLS), three.example:5269"));
        Assert.That(Asked, Is.EquivalentTo(new[] { StartTls, DirectTls }));
        Assert.That(Trace.Lines, Has.Some.Contains("SRV _xmpp-server._tcp.a.example: 10 1 5269 one.example, 30 1 5269 three.example ("));
    }

    [Test]
    public async Task Both_kinds_are_asked_for_at_the_same_time(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        Task<ServiceLookup> asking = new ServiceResolver(Client(server), new DnsOptions(), new Random(1)).ResolveAsync("a.example", Trace, cancel);
        FakeQuery[] queries = [await server.NextAsync(cancel), await server.NextAsync(cancel)];
        Assert.That(queries.Select(static query => query.ToString()), Is.EquivalentTo(new[] { StartTls, DirectTls }));
        foreach (FakeQuery query in queries) await server.SendAsync(new FakeReply(query).Service(query.Name, "1 1 1 x.example").ToArray(), query.From);
        Assert.That((await asking).Targets, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Weights_are_mixed_over_both_kinds()
    {
        var zone = new Dictionary<string, string[]> { [StartTls] = ["10 25 5269 one.example"], [DirectTls] = ["10 75 5270 two.example"] };
        FakeDnsServer server = StartZone(zone);
        var resolver = new ServiceResolver(Client(server), new DnsOptions(), new Random(7));
        int direct = 0;
        for (int i = 0; i < 2000; i++)
            if ((await resolver.ResolveAsync("a.example", new LinkTrace(Clock), default)).Targets[0].IsDirectTls) direct++;
        Assert.That(direct / 2000.0, Is.EqualTo(0.75).Within(0.04));
        Assert.That(server.Asked, Has.Count.EqualTo(2));
    }

    // The target "." stands for "not offered" of its kind; the other kind still counts; a domain that knows SRV has no other address.
    [Property("Spec", "S-20")]
    [TestCase("0 0 0 .", "0 0 0 .", "NotOffered")]
    [TestCase("0 0 0 .", null, "NotOffered")]
    [TestCase(null, "0 0 0 .", "NotOffered")]
    [TestCase("10 1 5269 one.example", "0 0 0 .", "Found one.example:5269")]
    [TestCase("0 0 0 .", "10 1 5270 one.example", "Found one.example:5270 (direct TLS)")]
    // A failure is no answer: what was answered counts, else RFC 6120 §3.2.1 has the domain's own address tried.
    [TestCase("!", "10 1 5270 one.example", "Found one.example:5270 (direct TLS)")]
    [TestCase("10 1 5269 one.example", "!", "Found one.example:5269")]
    [TestCase("!", "0 0 0 .", "Unknown")]
    [TestCase("0 0 0 .", "!", "Unknown")]
    [TestCase("!", "!", "Found fallback a.example:5269")]
    [TestCase("!", null, "Found fallback a.example:5269")]
    [TestCase(null, null, "Found fallback a.example:5269")]
    // Answered, but with nothing that could be tried.
    [TestCase("10 1 0 one.example", null, "NotFound")]
    [TestCase("10 1 5269 one*.example", "!", "NotFound")]
    public async Task What_the_records_say_is_done(string? startTls, string? directTls, string expected)
    {
        var zone = new Dictionary<string, string[]>();
        if (startTls is not null) zone[StartTls] = [startTls];
        if (directTls is not null) zone[DirectTls] = [directTls];
        Assert.That(await LookUpAsync("a.example", zone), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_dot_among_others_means_nothing() =>
        Assert.That(await LookUpAsync("a.example", new() { [StartTls] = ["0 0 0 .", "10 1 5269 one.example"] }), Is.EqualTo("Found one.example:5269"));

    [TestCase("192.0.2.1", "192.0.2.1:5269")]
    [TestCase("[2001:db8::1]", "[2001:db8::1]:5269")]
    [Property("Spec", "S-20")]
    public async Task An_address_is_not_looked_up(string domain, string expected)
    {
        Assert.That(await LookUpAsync(domain, []), Is.EqualTo("Found " + expected));
        Assert.That(Asked, Is.Empty);
    }

    [Test]
    public async Task A_name_of_other_letters_is_asked_for_in_a_labels()
    {
        var zone = new Dictionary<string, string[]> { ["SRV _xmpp-server._tcp.xn--hxajbheg2az3al.xn--jxalpdlp"] = ["10 1 5269 one.example"] };
        Assert.That(await LookUpAsync("παράδειγμα.δοκιμή", zone), Is.EqualTo("Found one.example:5269"));
        Assert.That(Trace.Lines, Has.Some.Contains("παράδειγμα.δοκιμή is xn--hxajbheg2az3al.xn--jxalpdlp in the DNS"));
        // The letters IDNA 2003 changed and IDNA 2008 does not.
        Assert.That(await LookUpAsync("straße.example", new() { ["SRV _xmpp-server._tcp.xn--strae-oqa.example"] = ["10 1 5269 one.example"] }), Is.EqualTo("Found one.example:5269"));
        Assert.That(await LookUpAsync("βόλος.com", []), Is.EqualTo("Found fallback xn--nxasmm1c.com:5269"));
    }

    [TestCase("localhost", "Found fallback localhost:5269")]
    [TestCase("chat.localhost", "Found fallback chat.localhost:5269")]
    [TestCase("a.invalid", "NotFound")]
    [TestCase("abc.onion", "NotFound")]
    public async Task Names_that_are_not_of_the_dns_are_not_asked_for(string domain, string expected)
    {
        Assert.That(await LookUpAsync(domain, []), Is.EqualTo(expected));
        Assert.That(Asked, Is.Empty);
    }

    [Test]
    public async Task A_domain_too_long_for_srv_is_tried_itself()
    {
        string label = new('a', 60);
        string domain = $"{label}.{label}.{label}.{label}";
        Assert.That(await LookUpAsync(domain, []), Is.EqualTo($"Found fallback {domain}:5269"));
    }

    [Test]
    public async Task What_the_table_has_is_not_asked_for()
    {
        var options = new DnsOptions
        {
            Overrides = new Dictionary<string, DnsOverrideOptions>
            {
                ["A.Example"] = new() { Targets = ["tls:one.example:443", "192.0.2.1:15269", "[2001:db8::1]", "tls:two.example"] },
                ["xn--strae-oqa.example"] = new() { Targets = ["192.0.2.2"] },
            },
        };
        Assert.That(await LookUpAsync("a.example", [], options), Is.EqualTo("Found one.example:443 (direct TLS), 192.0.2.1:15269, [2001:db8::1]:5269, two.example:5270 (direct TLS)"));
        Assert.That(Asked, Is.Empty);
        Assert.That(await LookUpAsync("straße.example", [], options), Is.EqualTo("Found 192.0.2.2:5269"));
        Assert.That(await LookUpAsync("b.example", [], options), Is.EqualTo("Found fallback b.example:5269"));
    }
}
