using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Sessions;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>docs/delivery.md, cell by cell: with several clients of one account nothing shows twice, and nothing is missing.</summary>
public sealed class SeveralClientsTests : ServerFixture
{
    private const string NoStore = "<no-store xmlns='urn:xmpp:hints'/>";
    private TestClient romeo = null!;

    /// <summary>A device: how it is there, and what it asked for.</summary>
    public sealed record Device(string Name, string Presence, bool Carbons)
    {
        public string Address => "juliet@localhost/" + Name;
        public bool Takes => Presence == "<presence/>";
    }

    private static readonly Device Desk = new("desk", "<presence/>", false);
    private static readonly Device Phone = new("phone", "<presence/>", true);
    private static readonly Device Bot = new("bot", "<presence><priority>-1</priority></presence>", false);
    private static readonly Device Tomb = new("tomb", "<presence><priority>-1</priority></presence>", true);
    private static readonly Device Starting = new("starting", "", true);
    private static readonly Device[] Devices = [Desk, Phone, Bot, Tomb, Starting];

    public static IEnumerable<TestCaseData> Sets()
    {
        for (int set = 0; set < 1 << Devices.Length; set++)
        {
            Device[] present = [.. Devices.Where((_, i) => (set & 1 << i) != 0)];
            yield return new TestCaseData([present]).SetName("Present: " + (present.Length == 0 ? "nobody" : string.Join(", ", present.Select(device => device.Name))));
        }
    }

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
    }

    // What each device sees of a message to each address, who gets it later, and that the archive has it once.
    [TestCaseSource(nameof(Sets))]
    public async Task Each_device_sees_it_once(Device[] present)
    {
        var clients = new Dictionary<Device, TestClient>();
        foreach (Device device in present)
            clients.Add(device, await ConnectAsync(device));
        List<string> forLater = [], stored = [];
        int number = 0;
        foreach (string to in new[] { Play.Juliet, "juliet@localhost/gone" }.Concat(present.Select(device => device.Address)))
        {
            foreach ((string type, string hint) in new[] { ("chat", ""), ("normal", ""), ("chat", NoStore) })
            {
                foreach (TestClient client in clients.Values)
                    await client.DrainAsync();
                string id = $"m{number++}";
                await romeo.SendAsync($"<message to='{to}' type='{type}' id='{id}'><body>x</body>{hint}</message>");

                Device? addressed = present.FirstOrDefault(device => device.Address == to);
                bool isRefused = type == "normal" && to.EndsWith("/gone", StringComparison.Ordinal);
                Device[] own = isRefused ? [] : addressed is null ? [.. present.Where(device => device.Takes)] : [addressed];
                Device[] copies = isRefused ? [] : [.. present.Where(device => device.Carbons).Except(own)];
                string what = $"{type} to {to} {hint}";
                Assert.That((await romeo.DrainAsync()).Any(stanza => stanza["type"] == "error"), Is.EqualTo(isRefused), what);
                foreach (Device device in present)
                {
                    string[] seen = [.. (await clients[device].DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(Describe)];
                    Assert.That(seen, Is.EqualTo(own.Contains(device) ? [id] : copies.Contains(device) ? new[] { "copy of " + id } : []), $"{device.Name}, {what}");
                }
                if (!isRefused && hint.Length == 0)
                {
                    stored.Add(id);
                    if (own.Length + copies.Length == 0)
                        forLater.Add(id);
                }
            }
        }
        // Whoever takes messages from now on sees what nobody has seen, and nothing again.
        List<string> seenLater = [];
        foreach (TestClient client in clients.Values)
        {
            await client.SendAsync("<presence/>");
            seenLater.AddRange((await client.DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(Describe));
        }
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        seenLater.AddRange((await later.DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(Describe));
        Assert.That(seenLater, Is.EqualTo(forLater));
        Assert.That(await ArchiveAsync(later), Is.EqualTo(stored));
    }

    // What the senders' devices see, whoever is there on the other side.
    [TestCaseSource(nameof(Sets))]
    public async Task Each_device_of_the_sender_sees_what_another_sent(Device[] present)
    {
        var clients = new Dictionary<Device, TestClient>();
        foreach (Device device in present)
            clients.Add(device, await ConnectAsync(device));
        List<string> stored = [];
        int number = 0;
        foreach (Device sender in present)
        {
            foreach (string to in new[] { Play.Romeo, "romeo@localhost/orchard", "romeo@localhost/gone", "nobody@localhost", "nobody@elsewhere.example" })
            {
                foreach (TestClient client in clients.Values)
                    await client.DrainAsync();
                string id = $"m{number++}";
                await clients[sender].SendAsync($"<message to='{to}' type='chat' id='{id}'><body>x</body></message>");
                bool isRefused = to.EndsWith("example", StringComparison.Ordinal);
                if (!isRefused)
                    stored.Add(id);
                foreach (Device device in present)
                {
                    string[] seen = [.. (await clients[device].DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(Describe)];
                    string[] expected = device == sender ? (isRefused ? [id] : []) : device.Carbons ? (isRefused ? ["copy of " + id, "copy of " + id] : ["copy of " + id]) : [];
                    Assert.That(seen, Is.EqualTo(expected), $"{device.Name}, from {sender.Name} to {to}");
                }
            }
        }
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That((await later.DrainAsync()).Any(stanza => stanza.LocalName == "message"), Is.False);
        Assert.That(await ArchiveAsync(later), Is.EqualTo(stored));
    }

    // A device that dies with what was for it alone. The others: one with carbons, one without.
    [TestCase(false, false, "")]
    [TestCase(true, false, "m")]
    [TestCase(false, true, "")]
    [TestCase(true, true, "")]
    public async Task What_a_device_could_not_write_goes_to_one_that_has_not_seen_it(bool desk, bool phone, string deskSees)
    {
        TestClient? withCarbons = phone ? await ConnectAsync(Phone) : null;
        TestClient? without = desk ? await ConnectAsync(Desk) : null;
        TestClient dying = await Server.ConnectAsync("juliet@localhost/dying", reads: false);
        await dying.SendAsync("<presence/>");
        await DrainAsync(withCarbons, without);
        await romeo.SendAsync("<message to='juliet@localhost/dying' type='chat' id='m'><body>x</body></message>");
        if (withCarbons is not null)
            Assert.That(Messages(await withCarbons.DrainAsync()), Is.EqualTo(new[] { "copy of m" }));
        await dying.DisconnectAsync();
        if (without is not null)
            Assert.That(string.Join(' ', Messages(await without.DrainAsync())), Is.EqualTo(deskSees));
        if (withCarbons is not null)
            Assert.That(Messages(await withCarbons.DrainAsync()), Is.Empty, "it has seen it");
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That(Messages(await later.DrainAsync()), Is.EqualTo(desk || phone ? Array.Empty<string>() : ["m"]));
        Assert.That(await ArchiveAsync(later), Is.EqualTo(new[] { "m" }));
    }

    [Test]
    public async Task A_copy_that_is_on_its_way_is_not_followed_by_the_message()
    {
        TestClient phone = await ConnectAsync(Phone, reads: false);
        TestClient dying = await Server.ConnectAsync("juliet@localhost/dying", reads: false);
        await dying.SendAsync("<presence/>");
        await romeo.SendAsync("<message to='juliet@localhost/dying' type='chat' id='m'><body>x</body></message>");
        await dying.DisconnectAsync();
        phone.StartReading();
        Assert.That(Messages(await phone.DrainAsync()), Is.EqualTo(new[] { "copy of m" }));
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That(Messages(await later.DrainAsync()), Is.Empty);
    }

    [Test]
    public async Task A_copy_that_did_not_arrive_leaves_the_message_where_it_was()
    {
        TestClient phone = await ConnectAsync(Phone, reads: false);
        TestClient dying = await Server.ConnectAsync("juliet@localhost/dying", reads: false);
        await dying.SendAsync("<presence/>");
        await romeo.SendAsync("<message to='juliet@localhost/dying' type='chat' id='m'><body>x</body></message>");
        await dying.DisconnectAsync();
        await phone.DisconnectAsync();
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That(Messages(await later.DrainAsync()), Is.EqualTo(new[] { "m" }));
    }

    [Test]
    public async Task Whoever_becomes_available_with_a_copy_on_its_way_sees_it_once()
    {
        TestClient starting = await ConnectAsync(Starting, reads: false);
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='m'><body>x</body></message>");
        await starting.SendAsync("<presence/>");
        starting.StartReading();
        Assert.That(Messages(await starting.DrainAsync()), Is.EqualTo(new[] { "copy of m" }));
    }

    // Between the writing of a copy and the mark that it was delivered: the mark waits for the gate that is held here.
    [Test]
    public async Task A_copy_that_was_just_written_is_not_followed_by_the_message()
    {
        TestClient starting = await Server.ConnectAsync("juliet@localhost/starting", reads: false);
        await starting.SendAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='m'><body>x</body></message>");
        Outbox outbox = starting.Session.Outbox;
        var batch = new List<OutboxItem>();
        Assert.That(await outbox.ReadAsync(batch, CancellationToken.None), Is.True);
        Assert.That(batch, Has.Count.EqualTo(2));
        var writer = new Thread(() => outbox.Written(batch));
        lock (starting.Session.Presentity.Gate)
        {
            writer.Start();
            SpinWait.SpinUntil(() => writer.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
            Server.Get<PresenceXml.Server.Presence.Notifications>().Broadcast(starting.Session, new Protocol.Stanzas.Presence { From = starting.Address });
        }
        writer.Join();
        starting.StartReading();
        Assert.That(Messages(await starting.DrainAsync()), Is.Empty);
    }

    // What lies in no log: the others get it when the one it was for has gone, but for those that have a copy.
    [TestCase("<body>x</body>" + NoStore)]
    [TestCase("<composing xmlns='http://jabber.org/protocol/chatstates'/>")]
    public async Task What_is_not_stored_falls_back_to_those_without_a_copy(string content)
    {
        TestClient phone = await ConnectAsync(Phone), desk = await ConnectAsync(Desk), tomb = await ConnectAsync(Tomb);
        TestClient dying = await Server.ConnectAsync("juliet@localhost/dying", reads: false);
        await dying.SendAsync("<presence/>");
        await DrainAsync(phone, desk, tomb);
        await romeo.SendAsync($"<message to='juliet@localhost/dying' type='chat' id='m'>{content}</message>");
        await romeo.SendAsync($"<message to='juliet@localhost/dying' type='normal' id='n'>{content}</message>");
        await dying.DisconnectAsync();
        Assert.That(Messages(await phone.DrainAsync()), Is.EqualTo(new[] { "copy of m", "copy of n" }));
        Assert.That(Messages(await tomb.DrainAsync()), Is.EqualTo(new[] { "copy of m", "copy of n" }));
        Assert.That(Messages(await desk.DrainAsync()), Is.EqualTo(new[] { "m" }));
        Assert.That(Messages(await romeo.DrainAsync()), Is.Empty, "somebody has it");
    }

    [Test]
    public async Task What_was_read_from_the_archive_is_not_sent_again()
    {
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='m'><body>x</body></message>");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='n'><body>x</body></message>");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/modern");
        Assert.That(await ArchiveAsync(juliet, max: 1), Is.EqualTo(new[] { "m" }));
        await juliet.SendAsync("<presence/>");
        Assert.That(Messages(await juliet.DrainAsync()), Is.EqualTo(new[] { "n" }));
        TestClient other = await Server.ConnectAsync("juliet@localhost/old");
        await other.SendAsync("<presence/>");
        Assert.That(Messages(await other.DrainAsync()), Is.Empty);
    }

    private async Task<TestClient> ConnectAsync(Device device, bool reads = true)
    {
        TestClient client = await Server.ConnectAsync(device.Address, reads);
        if (device.Carbons)
            await client.SendAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
        if (device.Presence.Length > 0)
            await client.SendAsync(device.Presence);
        if (reads)
            await client.DrainAsync();
        return client;
    }

    private static async Task DrainAsync(params TestClient?[] clients)
    {
        foreach (TestClient? client in clients)
        {
            if (client is not null)
                await client.DrainAsync();
        }
    }

    private static string[] Messages(IEnumerable<Element> stanzas) => [.. stanzas.Where(stanza => stanza.LocalName == "message").Select(Describe)];

    private static string Describe(Element message)
    {
        Element? carbon = message.Child("urn:xmpp:carbons:2", "received") ?? message.Child("urn:xmpp:carbons:2", "sent");
        return carbon is null ? message["id"]! : "copy of " + carbon.Child("urn:xmpp:forward:0", "forwarded")!.Child(Namespaces.Client, "message")!["id"];
    }

    private static async Task<string[]> ArchiveAsync(TestClient client, int max = 1000)
    {
        await client.SendAsync($"<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>{max}</max></set></query></iq>");
        return [.. (await client.DrainAsync())
            .Select(stanza => stanza.Child("urn:xmpp:mam:2", "result"))
            .Where(result => result is not null)
            .Select(result => result!.Child("urn:xmpp:forward:0", "forwarded")!.Child(Namespaces.Client, "message")!["id"]!)];
    }
}
