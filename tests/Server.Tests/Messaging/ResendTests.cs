using PresenceXml.Protocol;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>XEP-0359 §3, XEP-0198 §5: a message that its client sends again, not knowing what became of the first one, is there once.</summary>
public sealed class ResendTests : ServerFixture
{
    private const string Constraint = "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    private FaultyEngine engine = null!;
    private TestClient romeo = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        settings.Engine = inner => engine = new FaultyEngine(inner);
        settings.Options.Inbox.QuotaMessages = 300;
    }

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
    }

    private static string Chat(string origin = "o1", string to = Play.Juliet, string type = "chat", string id = "m", string body = "b", string more = "") =>
        $"<message to='{to}' type='{type}' id='{id}'><body>{body}</body><origin-id xmlns='urn:xmpp:sid:0' id='{origin}'/>{more}</message>";

    private async Task<int> StoredAsync(string account)
    {
        await Server.Engine.Commit(new StorageBatch());
        return (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(account), new LogQuery { Limit = 1000 })).Count;
    }

    [Test]
    public async Task What_is_sent_again_is_handled_and_comes_once()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync(Chat());
        await romeo.SendAsync(Chat());
        await romeo.SendAsync(Chat(more: "<delay xmlns='urn:xmpp:delay' stamp='2030-01-01T00:00:00Z'/>"));
        await juliet.ExpectAsync("<message id='m'/>");
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
        Assert.That((await StoredAsync(Play.Romeo), await StoredAsync(Play.Juliet)), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task What_differs_in_anything_is_another_message()
    {
        await romeo.SendAsync(Chat());
        await romeo.SendAsync(Chat(origin: "o2"));
        await romeo.SendAsync(Chat(to: Play.Juliet + "/balcony"));
        await romeo.SendAsync(Chat(type: "normal"));
        await romeo.SendAsync(Chat(id: "m2"));
        await romeo.SendAsync(Chat(body: "b2"));
        await romeo.SendAsync(Chat(more: "<x xmlns='urn:x'/>"));
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(7));
    }

    [TestCase("")]
    [TestCase("<origin-id xmlns='urn:xmpp:sid:0'/>")]
    [TestCase("<origin-id xmlns='urn:xmpp:sid:0' id=''/>")]
    [TestCase("<origin-id xmlns='urn:x' id='o'/>")]
    public async Task Without_an_origin_id_nothing_is_the_same(string child)
    {
        for (int i = 0; i < 2; i++)
            await romeo.SendAsync($"<message to='{Play.Juliet}' id='m'><body>b</body>{child}</message>");
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(2));
    }

    [TestCase(Play.Juliet)]
    [TestCase(Play.Romeo)]
    public async Task It_is_recognised_after_a_restart(string to)
    {
        // Whatever the client declares where, and whatever is cut on the way.
        string message = $"<message xmlns:y='urn:y' to='{to}' y:a='1' type='chat' id='m'>\n <body xmlns='jabber:client'>ü &lt;</body><y:z/>"
            + $"<o:origin-id xmlns:o='urn:xmpp:sid:0' id='o'/><stanza-id xmlns='urn:xmpp:sid:0' by='{to}' id='forged'/></message>";
        await romeo.SendAsync(message);
        await romeo.DrainAsync();
        await Server.RestartAsync();
        romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync(message);
        Assert.That(await StoredAsync(to), Is.EqualTo(1));
    }

    [Test]
    public async Task It_is_recognised_by_any_resource_and_as_the_clients_own_only()
    {
        await Server.AddAccountsAsync("nurse@localhost");
        await romeo.SendAsync(Chat());
        await (await Server.ConnectAsync("romeo@localhost/garden")).SendAsync(Chat());
        await (await Server.ConnectAsync("nurse@localhost/kitchen")).SendAsync(Chat());
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(2));
    }

    [Test]
    public async Task Of_two_resources_that_send_the_same_at_once_one_is_first()
    {
        TestClient garden = await Server.ConnectAsync("romeo@localhost/garden");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        const int Count = 200;
        await Task.WhenAll(SendAllAsync(romeo), SendAllAsync(garden));
        Assert.That(await StoredAsync(Play.Romeo), Is.EqualTo(Count));
        for (int i = 0; i < Count; i++)
            await juliet.ExpectAsync($"<message id='{i}'/>");
        await juliet.ExpectNothingAsync();

        static async Task SendAllAsync(TestClient client)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            for (int i = 0; i < Count; i++)
                await client.SendAsync(Chat(id: $"{i}"));
        }
    }

    [Test]
    public async Task What_was_sent_lately_is_read_some_messages_at_a_time()
    {
        for (int i = 0; i < 200; i++)
            await romeo.SendAsync(Chat(id: $"{i}"));
        await romeo.DisconnectAsync();
        TestClient again = await Server.LoginAsync("romeo@localhost/orchard");
        for (int i = 0; i < 200; i++)
            await again.SendAsync(Chat(id: $"{i}"));
        Assert.That(engine.LargestPage, Is.LessThanOrEqualTo(64), "each may be as large as a stanza");
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(200));
    }

    [Test]
    public async Task The_second_is_acknowledged_when_the_first_is_durable()
    {
        TestClient garden = await Server.ConnectAsync("romeo@localhost/garden");
        await garden.SendAsync(Chat(origin: "o0"));
        engine.HoldCommits();
        await romeo.SendAsync(Chat());
        await garden.SendAsync(Chat());
        Task asking = garden.SendAsync("<iq type='get' id='q'><x xmlns='urn:x'/></iq>");
        Assert.That(asking.IsCompleted, Is.False);
        engine.LetCommitsEnd();
        await asking;
        await garden.ExpectAsync("<iq id='q' type='error'><error><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    }

    [Test]
    public async Task What_could_not_be_stored_was_not_sent()
    {
        await romeo.SendAsync(Chat(origin: "o0"));
        engine.FailsCommits = true;
        engine.HoldCommits();
        await romeo.SendAsync(Chat());
        // A second one shares the fate of the first.
        TestClient garden = await Server.ConnectAsync("romeo@localhost/garden");
        await garden.SendAsync(Chat());
        engine.FailsCommits = false;
        engine.LetCommitsEnd();
        foreach (TestClient client in new[] { romeo, garden })
        {
            await client.SendAsync("<iq type='get' id='q'><x xmlns='urn:x'/></iq>");
            await client.ExpectAsync($"<iq id='q' type='error'>{Constraint}</iq>");
        }
        await romeo.SendAsync(Chat());
        await romeo.SendAsync(Chat());
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(2));
    }

    [Test]
    public async Task What_was_refused_was_not_sent()
    {
        for (int i = 0; i < 300; i++)
            await romeo.SendAsync(Chat(origin: $"early{i}"));
        await romeo.SendAsync(Chat());
        await romeo.ExpectAsync($"<message from='juliet@localhost' type='error' id='m'>{Constraint}</message>");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync(Chat());
        await romeo.ExpectNothingAsync();
        await juliet.ExpectAsync("<message><origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>");
    }

    [Test]
    public async Task What_a_block_keeps_away_was_sent_for_all_its_sender_knows()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync(Chat(origin: "before"));
        await juliet.ExpectAsync("<message/>");
        await BlockAsync("block", juliet, Play.Romeo);
        await romeo.SendAsync(Chat(origin: "meanwhile"));
        await BlockAsync("unblock", juliet, Play.Romeo);
        await romeo.DrainAsync();
        await romeo.SendAsync(Chat(origin: "meanwhile"));
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
        Assert.That(await StoredAsync(Play.Romeo), Is.EqualTo(2));
        await BlockAsync("block", romeo, Play.Juliet);
        await romeo.DrainAsync();
        await romeo.SendAsync(Chat(origin: "before"));
        await romeo.ExpectNothingAsync();

        static async Task BlockAsync(string what, TestClient client, string whom)
        {
            await client.SendAsync($"<iq type='set' id='{what}'><{what} xmlns='urn:xmpp:blocking'><item jid='{whom}'/></{what}></iq>");
            await client.DrainAsync();
        }
    }

    [Test]
    public async Task To_nobody_it_lies_in_the_senders_log_once()
    {
        await romeo.SendAsync(Chat(to: "nobody@localhost"));
        await romeo.SendAsync(Chat(to: "nobody@localhost"));
        Assert.That(await StoredAsync(Play.Romeo), Is.EqualTo(1));
    }

    [Test]
    public async Task What_is_not_to_be_stored_is_not_remembered()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        string message = Chat(more: "<no-store xmlns='urn:xmpp:hints'/>");
        await romeo.SendAsync(message);
        await romeo.SendAsync(message);
        await juliet.ExpectAsync("<message/>");
        await juliet.ExpectAsync("<message/>");
        // What only waits for its recipient is remembered as long as the account is in use.
        message = Chat(more: "<no-permanent-store xmlns='urn:xmpp:hints'/>");
        await romeo.SendAsync(message);
        await romeo.SendAsync(message);
        await juliet.ExpectAsync("<message/>");
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task After_a_day_it_is_another_message([Values] bool restarted)
    {
        await romeo.SendAsync(Chat());
        Server.Clock.Advance(TimeSpan.FromDays(1));
        await romeo.SendAsync(Chat());
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(1));
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        if (restarted)
        {
            await Server.RestartAsync();
            romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        }
        await romeo.SendAsync(Chat());
        await romeo.SendAsync(Chat());
        Assert.That(await StoredAsync(Play.Juliet), Is.EqualTo(2));
    }

    [Test]
    public async Task The_log_is_read_at_the_first_message_with_an_origin_id_and_until_it_could_be()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        engine.FailsReads = true;
        await romeo.SendAsync("<message to='juliet@localhost' id='m0'><body>b</body></message>");
        await juliet.ExpectAsync("<message id='m0'/>");
        await romeo.SendAsync(Chat());
        await romeo.ExpectAsync($"<message type='error' id='m'>{Constraint}</message>");
        Server.Log.Announce(1);
        engine.FailsReads = false;
        await romeo.SendAsync(Chat());
        engine.FailsReads = true;
        await romeo.SendAsync(Chat(id: "m2"));
        await juliet.ExpectAsync("<message id='m'/>");
        await juliet.ExpectAsync("<message id='m2'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public void It_knows_the_newest_and_forgets_the_oldest()
    {
        var recent = new RecentlySent();
        DateTimeOffset now = Server.Clock.GetUtcNow();
        for (ulong i = 1; i <= (2 * RecentlySent.Most) + 10; i++)
        {
            recent.Add(new MessageDigest(i % 7, i), now, Task.CompletedTask);
            for (ulong known = 1; known <= i + 1; known += 37)
                Assert.That(recent.TryFind(new MessageDigest(known % 7, known), now, out _), Is.EqualTo(known <= i && known + RecentlySent.Most > i));
        }
    }

    [Test]
    public async Task What_failed_is_forgotten_though_its_place_was_taken()
    {
        var recent = new RecentlySent();
        DateTimeOffset now = Server.Clock.GetUtcNow();
        var commit = new TaskCompletionSource();
        recent.Add(new MessageDigest(1, 1), now, commit.Task);
        for (ulong i = 2; i <= RecentlySent.Most + 1; i++)
            recent.Add(new MessageDigest(i, i), now, commit.Task);
        Assert.That(recent.TryFind(new MessageDigest(1, 1), now, out _), Is.False);
        recent.Add(new MessageDigest(1, 1), now, Task.CompletedTask);
        Assert.That(recent.TryFind(new MessageDigest(3, 3), now, out Task first), Is.True);
        Assert.That(first, Is.SameAs(commit.Task));
        commit.SetException(new StorageException("no"));
        Assert.That(recent.TryFind(new MessageDigest(3, 3), now, out _), Is.False);
        Assert.That(recent.TryFind(new MessageDigest(1, 1), now, out first), Is.True);
        await first;
    }
}
