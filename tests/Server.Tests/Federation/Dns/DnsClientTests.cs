using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(30_000)]
internal sealed class DnsClientTests : DnsFixture
{
    private static string Text(DnsAnswer answer) => $"{answer.Status} {string.Join(",", answer.Records)}".Trim();

    private Task<DnsAnswer> AskAsync(DnsClient client, string name = "a.example", DnsType type = DnsType.A, CancellationToken cancel = default) =>
        client.AskAsync(Name(name), type, cancel);

    [Test]
    public async Task Yes_no_and_nobody_knows_are_apart()
    {
        DnsClient client = Client(StartZone(new() { ["A a.example"] = ["192.0.2.1", "192.0.2.2"], ["A bad.example"] = ["!"] }));
        Assert.That(Text(await AskAsync(client)), Is.EqualTo("Found 192.0.2.1,192.0.2.2"));
        Assert.That(Text(await AskAsync(client, type: DnsType.AAAA)), Is.EqualTo("NoData"));
        Assert.That(Text(await AskAsync(client, "none.example")), Is.EqualTo("NoSuchName"));
        DnsAnswer failed = await AskAsync(client, "bad.example");
        Assert.That(Text(failed), Is.EqualTo("Failed"));
        Assert.That(failed.Source, Does.Contain("SERVFAIL"));
    }

    [Test]
    public async Task An_answer_is_kept_as_long_as_it_is_valid()
    {
        FakeDnsServer server = Start(static query => new FakeReply(query).Address(query.Name, "192.0.2.1", 100).Address(query.Name, "192.0.2.2", 60));
        DnsClient client = Client(server);
        Assert.That((await AskAsync(client)).IsRemembered, Is.False);
        Clock.Advance(TimeSpan.FromSeconds(59));
        DnsAnswer again = await AskAsync(client);
        Assert.That(again.IsRemembered, Is.True);
        Assert.That(Text(again), Is.EqualTo("Found 192.0.2.1,192.0.2.2"));
        Assert.That(server.Asked, Has.Count.EqualTo(1));
        Clock.Advance(TimeSpan.FromSeconds(1));
        await AskAsync(client);
        Assert.That(server.Asked, Has.Count.EqualTo(2));
    }

    [TestCase(0u, 5)]
    [TestCase(0x7FFFFFFFu, 86400)]
    [TestCase(3600u, 3600)]
    public async Task Lifetimes_have_a_floor_and_a_ceiling(uint ttl, int seconds) =>
        Assert.That((await AskAsync(Client(Start(query => new FakeReply(query).Address(query.Name, "192.0.2.1", ttl))))).Lifetime, Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [TestCase(60u, 300u, 60)]
    [TestCase(300u, 60u, 60)]
    [TestCase(86400u, 86400u, 900)]
    [TestCase(0u, 0u, 5)]
    public async Task A_no_is_kept_as_the_zone_says(uint ttl, uint minimum, int seconds)
    {
        FakeDnsServer server = Start(query => new FakeReply(query).Code(DnsCode.NoSuchName).Authority("example", ttl, minimum));
        DnsClient client = Client(server);
        Assert.That((await AskAsync(client)).Lifetime, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
        Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        await AskAsync(client);
        Assert.That(server.Asked, Has.Count.EqualTo(1));
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await AskAsync(client);
        Assert.That(server.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_failure_is_kept_for_a_moment()
    {
        FakeDnsServer server = StartZone(new() { ["A a.example"] = ["!"] });
        DnsClient client = Client(server);
        await AskAsync(client);
        await AskAsync(client);
        Assert.That(server.Asked, Has.Count.EqualTo(1));
        Clock.Advance(DnsClient.FailureLifetime);
        await AskAsync(client);
        Assert.That(server.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Who_asks_the_same_at_once_shares_the_answer(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        DnsClient client = Client(server);
        using var gone = new CancellationTokenSource();
        Task<DnsAnswer> first = AskAsync(client, cancel: gone.Token);
        Task<DnsAnswer> second = AskAsync(client, "A.EXAMPLE", cancel: cancel);
        FakeQuery query = await server.NextAsync(cancel);
        // Who began it goes; the other still gets the answer.
        await gone.CancelAsync();
        Assert.That(() => first, Throws.InstanceOf<OperationCanceledException>());
        await server.SendAsync(new FakeReply(query).Address("a.example", "192.0.2.1").ToArray(), query.From);
        Assert.That(Text(await second), Is.EqualTo("Found 192.0.2.1"));
        Assert.That(server.Asked, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Silence_ends_after_the_whole_time(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        Task<DnsAnswer> asking = AskAsync(Client(server), cancel: cancel);
        await server.NextAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(5));
        await server.NextAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(5));
        DnsAnswer answer = await asking;
        Assert.That(answer.Status, Is.EqualTo(DnsStatus.Failed));
        Assert.That(answer.Source, Does.Contain("answer"));
        Assert.That(server.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Aliases_in_the_answer_are_followed_and_the_shortest_lifetime_counts()
    {
        FakeDnsServer server = Start(static query => new FakeReply(query)
            .Alias("a.example", "b.example", 50).Alias("b.example", "c.example", 40).Address("c.example", "192.0.2.3", 300).Address("other.example", "203.0.113.66"));
        DnsAnswer answer = await AskAsync(Client(server));
        Assert.That(Text(answer), Is.EqualTo("Found 192.0.2.3"));
        Assert.That(answer.Lifetime, Is.EqualTo(TimeSpan.FromSeconds(40)));
        Assert.That(answer.Notes, Is.EqualTo(new[] { "a.example is an alias of b.example", "b.example is an alias of c.example" }));
        Assert.That(server.Asked, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Aliases_that_lead_out_of_the_answer_are_asked_for()
    {
        FakeDnsServer server = StartZone(new() { ["CNAME a.example"] = ["b.example"], ["CNAME b.example"] = ["c.example"], ["A c.example"] = ["192.0.2.3"] });
        Assert.That(Text(await AskAsync(Client(server))), Is.EqualTo("Found 192.0.2.3"));
        Assert.That(server.Asked, Is.EqualTo(new[] { "A a.example", "A b.example", "A c.example" }));
    }

    [Test]
    public async Task An_alias_of_nothing_is_a_no()
    {
        FakeDnsServer noName = Start(static query => new FakeReply(query).Alias("a.example", "b.example").Code(DnsCode.NoSuchName).Authority("example", 60, 60));
        Assert.That(Text(await AskAsync(Client(noName))), Is.EqualTo("NoSuchName"));
        FakeDnsServer noData = Start(static query => new FakeReply(query).Alias("a.example", "b.example").Authority("example", 60, 60));
        Assert.That(Text(await AskAsync(Client(noData))), Is.EqualTo("NoData"));
        Assert.That(noData.Asked, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Aliases_in_a_circle_end()
    {
        FakeDnsServer inside = Start(static query => new FakeReply(query).Alias("a.example", "b.example").Alias("b.example", "a.example"));
        Assert.That(Text(await AskAsync(Client(inside))), Is.EqualTo("Failed"));
        Assert.That(inside.Asked, Has.Count.EqualTo(1));
        FakeDnsServer across = StartZone(new() { ["CNAME a.example"] = ["b.example"], ["CNAME b.example"] = ["a.example"] });
        DnsAnswer answer = await AskAsync(Client(across));
        Assert.That(Text(answer), Is.EqualTo("Failed"));
        Assert.That(answer.Source, Does.Contain("alias"));
        Assert.That(across.Asked, Has.Count.LessThanOrEqualTo(DnsClient.MaxAliases + 1));
    }

    [Test]
    public async Task An_alias_of_a_strange_name_is_a_failure() =>
        Assert.That(Text(await AskAsync(Client(Start(static query => new FakeReply(query).Alias("a.example", "b c.example"))))), Is.EqualTo("Failed"));

    [Test]
    public async Task Records_of_others_are_not_taken()
    {
        FakeDnsServer server = Start(static query => new FakeReply(query).Address("evil.example", "203.0.113.66").Service("a.example", "1 1 1 x.example"));
        DnsClient client = Client(server);
        Assert.That(Text(await AskAsync(client)), Is.EqualTo("NoData"));
        await AskAsync(client, "evil.example");
        Assert.That(server.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Of_a_large_answer_a_part_is_kept()
    {
        FakeDnsServer server = Start(static query =>
        {
            if (!query.IsTcp) return new FakeReply(query).Truncated();
            var reply = new FakeReply(query);
            for (int i = 0; i < 200; i++) reply.Address("a.example", $"192.0.2.{i}");
            return reply;
        });
        Assert.That((await AskAsync(Client(server))).Records, Has.Count.EqualTo(DnsClient.MaxRecords));
    }

    [Test]
    public async Task A_thousand_dead_names_do_not_delay_one_that_is_alive(CancellationToken cancel)
    {
        FakeDnsServer server = StartZone(new() { ["A a.example"] = ["192.0.2.1"] });
        Func<FakeQuery, IEnumerable<byte[]>> zone = server.Answer;
        server.Answer = query => query.Name.StartsWith("dead", StringComparison.Ordinal) ? [] : zone(query);
        DnsClient client = Client(10000, 10, server);
        Task<DnsAnswer>[] dead = [.. Enumerable.Range(0, 30).Select(i => AskAsync(client, $"dead{i}.example", cancel: cancel))];
        Task<DnsAnswer> alive = AskAsync(client, cancel: cancel);
        for (int i = 0; i < 10; i++) await server.NextAsync(cancel);
        for (int round = 0; round < 2; round++)
        {
            Clock.Advance(DnsClient.Patience);
            for (int i = 0; i < 10; i++) await server.NextAsync(cancel);
        }
        Assert.That(alive.IsCompleted, Is.False);
        Clock.Advance(DnsClient.Patience);
        Assert.That(Text(await alive), Is.EqualTo("Found 192.0.2.1"));
        Assert.That((await dead[0]).Source, Does.Contain("too many questions"));
    }
}
