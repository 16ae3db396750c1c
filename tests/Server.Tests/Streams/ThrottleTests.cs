using System.Net;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>What failed logins cost, and whom (RFC 6120 §13.12; XEP-0205).</summary>
[CancelAfter(60_000)]
public sealed class ThrottleTests
{
    private static readonly Jid Juliet = Jid.Parse("juliet@localhost");

    private static AddressPrefix Prefix(string address) => AddressPrefix.Of(new IPEndPoint(IPAddress.Parse(address), 1234));

    [TestCase("192.0.2.1", "192.0.2.1"), TestCase("::ffff:192.0.2.1", "192.0.2.1"), TestCase("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), TestCase("::1", "::/64"), Property("Spec", "D-01")]
    public void Addresses_are_counted_by_prefix(string address, string expected)
    {
        Assert.That(Prefix(address).ToString(), Is.EqualTo(expected));
        Assert.That(Prefix("2001:db8:1:2::1"), Is.EqualTo(Prefix("2001:db8:1:2:ffff::")));
        Assert.That(Prefix("2001:db8:1:2::1"), Is.Not.EqualTo(Prefix("2001:db8:1:3::1")));
        Assert.That(Prefix("::1"), Is.Not.EqualTo(Prefix("0.0.0.0")));
    }

    [Test, Property("Spec", "D-01")]
    public void Connections_are_counted_and_uncounted()
    {
        var limiter = new ConnectionLimiter(2);
        AddressPrefix one = Prefix("192.0.2.1"), other = Prefix("192.0.2.2");
        Assert.That(limiter.TryEnter(one) && limiter.TryEnter(one) && limiter.TryEnter(other), Is.True);
        Assert.That(limiter.TryEnter(one), Is.False);
        limiter.Leave(one);
        Assert.That(limiter.TryEnter(one), Is.True);
        foreach (AddressPrefix prefix in new[] { one, one, other }) limiter.Leave(prefix);
        Assert.That(limiter.Prefixes, Is.Zero);
        var unlimited = new ConnectionLimiter(0);
        Assert.That(Enumerable.Range(0, 1000).All(_ => unlimited.TryEnter(one)), Is.True);
    }

    [Test]
    public void Failures_run_out_and_do_not_pile_up()
    {
        var time = new FakeTimeProvider();
        var counter = new FailureCounter<int>(time, TimeSpan.FromMinutes(1));
        for (int key = 0; key < 70_000; key++) counter.Add(key);
        Assert.That(counter.Count(0), Is.EqualTo(1));
        Assert.That(counter.Count(69_999), Is.Zero, "beyond what is kept");
        counter.Add(0);
        Assert.That(counter.Count(0), Is.EqualTo(2));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(counter.Count(0), Is.Zero);
        counter.Add(69_999);
        Assert.That(counter.Count(69_999), Is.EqualTo(1), "room again");
    }

    [Test]
    public void An_account_is_slowed_and_never_for_long()
    {
        var throttle = new LoginThrottle(new ServerOptions(), new FakeTimeProvider());
        var delays = new List<TimeSpan>();
        for (int i = 0; i < 40; i++)
        {
            delays.Add(throttle.Delay(Juliet));
            throttle.Failed(Prefix($"192.0.2.{i}"), Juliet);
        }
        Assert.That(delays.Take(4), Is.All.EqualTo(TimeSpan.Zero));
        Assert.That(delays, Is.Ordered.Ascending);
        Assert.That(delays[4], Is.GreaterThan(TimeSpan.Zero));
        Assert.That(delays[^1], Is.EqualTo(TimeSpan.FromSeconds(4)));
        throttle.Succeeded(Juliet);
        Assert.That(throttle.Delay(Juliet), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task An_address_is_refused_after_too_many_and_let_in_a_minute_later()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.AuthFailuresPerMinute = 4);
        for (int i = 0; i < 4; i++)
        {
            TestClient guess = host.Connect();
            await guess.SecureAsync();
            await guess.PlainAsync(i % 2 == 0 ? "romeo" : "nobody", "wrong");
        }
        TestClient refused = host.Connect();
        await refused.SecureAsync();
        Assert.That(await refused.PlainAsync("juliet", StreamHost.Password), Does.Contain("<temporary-auth-failure/>"));
        Assert.That(await refused.ScramAsync("SCRAM-SHA-1", "juliet", StreamHost.Password), Does.Contain("<temporary-auth-failure/>"));
        Assert.That(await refused.PlainAsync("nobody", StreamHost.Password), Does.Contain("<temporary-auth-failure/>"), "and nothing is told of who exists");

        host.Address = Prefix("192.0.2.77");
        TestClient elsewhere = host.Connect();
        await elsewhere.SecureAsync();
        Assert.That(await elsewhere.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"), "another address is not concerned");

        host.Address = Prefix("192.0.2.1");
        host.Time.Advance(TimeSpan.FromSeconds(61));
        TestClient later = host.Connect();
        await later.SecureAsync();
        Assert.That(await later.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [Test]
    public async Task An_address_that_has_logged_in_before_is_neither_kept_out_nor_slowed()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.AuthFailuresPerMinute = 4);
        await host.Accounts.RememberAddressAsync(Juliet, "192.0.2.1", host.Time.GetUtcNow());
        var throttle = host.Get<LoginThrottle>();
        for (int i = 0; i < 50; i++) throttle.Failed(host.Address, Juliet);
        TestClient home = host.Connect();
        await home.SecureAsync();
        // The clock stands still: a delay would never end.
        Assert.That(await home.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [Test]
    public async Task An_address_that_has_logged_in_before_pays_for_its_own_failures()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.AuthFailuresPerMinute = 4);
        await host.Accounts.RememberAddressAsync(Juliet, "192.0.2.1", host.Time.GetUtcNow());
        TestClient neighbour = host.Connect();
        await neighbour.SecureAsync();
        for (int i = 0; i < 4; i++) Assert.That(await neighbour.PlainAsync("juliet", "wrong"), Does.Contain("<not-authorized/>"));
        TestClient next = host.Connect();
        await next.SecureAsync();
        Assert.That(await next.PlainAsync("juliet", "wrong"), Does.Contain("<temporary-auth-failure/>"));
        Assert.That(await next.ScramAsync("SCRAM-SHA-1", "juliet", StreamHost.Password), Does.Contain("<temporary-auth-failure/>"));
        host.Time.Advance(TimeSpan.FromSeconds(61));
        TestClient later = host.Connect();
        await later.SecureAsync();
        Assert.That(await later.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [Test]
    public async Task Tries_that_begin_side_by_side_are_no_more_than_those_one_after_the_other()
    {
        const string Ns = "urn:ietf:params:xml:ns:xmpp-sasl";
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.AuthFailuresPerMinute = 2);
        var begun = new List<(TestClient Client, string Final)>();
        foreach (string password in new[] { "wrong", "wrong", "wrong", StreamHost.Password })
        {
            TestClient client = host.Connect();
            await client.SecureAsync();
            var scram = new ScramClient(ScramHash.Sha256, "juliet", password, "n,,", []);
            await client.SendAsync($"<auth xmlns='{Ns}' mechanism='SCRAM-SHA-256'>{TestClient.Base64(scram.First)}</auth>");
            begun.Add((client, scram.Final(TestClient.TextOf(await client.ReadSaslAsync()))));
        }
        var answers = new List<string>();
        foreach ((TestClient client, string final) in begun)
        {
            await client.SendAsync($"<response xmlns='{Ns}'>{TestClient.Base64(final)}</response>");
            answers.Add(await client.ReadSaslAsync());
        }
        Assert.That(answers.Take(2), Is.All.Contains("<not-authorized/>"));
        Assert.That(answers.Skip(2), Is.All.Contains("<temporary-auth-failure/>"), "the right password too, or the answer would tell");
    }

    [Test]
    public async Task Somebody_else_waits_for_an_account_that_is_guessed_at()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var throttle = host.Get<LoginThrottle>();
        for (int i = 0; i < 50; i++) throttle.Failed(Prefix($"198.51.100.{i}"), Juliet);
        TestClient client = host.Connect();
        await client.SecureAsync();
        int delays = host.Time.TimersOf<Task>();
        Task<string> answer = client.PlainAsync("juliet", StreamHost.Password);
        while (host.Time.TimersOf<Task>() == delays) await Task.Yield();
        Assert.That(answer.IsCompleted, Is.False);
        host.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.That(await answer, Does.Contain("<success"));
    }
}
