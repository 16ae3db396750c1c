using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>Two servers of ours and the streams between them: proof of either kind, and what goes over them.</summary>
[CancelAfter(60_000)]
public sealed class TwoServersTests
{
    private ServerNet net = null!;

    [SetUp]
    public void Begin() => net = new ServerNet();

    [TearDown]
    public async Task End() => await net.DisposeAsync();

    private async Task<(User Romeo, User Juliet)> MeetAsync(bool areProven, string policy = "dialback")
    {
        TestServer here = await net.AddAsync("here.example", areProven ? net.Proving("here.example") : net.SelfSigned("here.example"), options => options.Federation.Default = policy, "romeo");
        TestServer there = await net.AddAsync("there.example", areProven ? net.Proving("there.example") : net.SelfSigned("there.example"), options => options.Federation.Default = policy, "juliet");
        return (await here.LoginAsync("romeo@here.example/orchard"), await there.LoginAsync("juliet@there.example/balcony"));
    }

    [Test, Property("Spec", "P-18"), Property("Spec", "S-14"), Property("Spec", "DT-1")]
    public async Task A_message_and_its_answer_pass([Values] bool areProven, [Values] bool direct)
    {
        net.IsDirect = direct;
        (User romeo, User juliet) = await MeetAsync(areProven);
        await romeo.SendAsync("<message to='juliet@there.example/balcony' id='m1' type='chat' xml:lang='it'><body>Art thou &lt;not&gt; Romeo?</body><x xmlns='urn:x' a=\"1\"><y/></x></message>");
        await juliet.ExpectAsync("<message from='romeo@here.example/orchard' to='juliet@there.example/balcony' id='m1' type='chat' xml:lang='it'><body>Art thou &lt;not&gt; Romeo?</body><x xmlns='urn:x' a='1'><y/></x></message>");
        await juliet.SendAsync("<message to='romeo@here.example/orchard' id='m2' type='chat'><body>Neither.</body></message>");
        await romeo.ExpectAsync("<message from='juliet@there.example/balcony' to='romeo@here.example/orchard' id='m2' type='chat'><body>Neither.</body></message>");
    }

    [Test, Property("Spec", "T-11")]
    public async Task Where_certificates_are_required_they_do_and_dialback_does_not([Values] bool areProven)
    {
        (User romeo, User juliet) = await MeetAsync(areProven, "certificate");
        await romeo.SendAsync("<message to='juliet@there.example/balcony' id='m1' type='chat'><body>hi</body></message>");
        if (areProven) await juliet.ExpectAsync("<message from='romeo@here.example/orchard' to='juliet@there.example/balcony' id='m1' type='chat'><body>hi</body></message>");
        else Assert.That((await romeo.NextAsync("an error")).ToString(), Does.Contain("remote-server-timeout").And.Contain("is self-signed"));
    }

    [Test, Property("Spec", "BD-1")]
    public async Task Both_ways_one_connection_will_do()
    {
        (User romeo, User juliet) = await MeetAsync(areProven: true);
        for (int i = 0; i < 3; i++)
        {
            await romeo.SendAsync($"<message to='juliet@there.example/balcony' id='r{i}' type='chat'><body>hi</body></message>");
            await juliet.ExpectAsync($"<message from='romeo@here.example/orchard' to='juliet@there.example/balcony' id='r{i}' type='chat'><body>hi</body></message>");
            await juliet.SendAsync($"<message to='romeo@here.example/orchard' id='j{i}' type='chat'><body>hi</body></message>");
            await romeo.ExpectAsync($"<message from='juliet@there.example/balcony' to='romeo@here.example/orchard' id='j{i}' type='chat'><body>hi</body></message>");
        }
        Assert.That((net.Lines("here.example", "there.example"), net.Lines("there.example", "here.example")), Is.EqualTo((1, 0)));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task Lines_that_are_cut_lose_nothing_and_double_nothing([Values] bool areProven, [Values] bool bothWays)
    {
        const int Rounds = 10, Messages = 20;
        (User romeo, User juliet) = await MeetAsync(areProven);
        for (int round = 0; round < Rounds; round++)
        {
            Task<List<string>> toJuliet = CollectAsync(juliet, Messages), toRomeo = CollectAsync(romeo, bothWays ? Messages : 0);
            for (int i = 0; i < Messages; i++)
            {
                await romeo.SendAsync($"<message to='juliet@there.example/balcony' id='{round}-{i}' type='chat'><body>{new string('x', i * 100)}</body></message>");
                if (bothWays) await juliet.SendAsync($"<message to='romeo@here.example/orchard' id='{round}-{i}' type='chat'><body>{new string('x', i * 100)}</body></message>");
                if (round > 0 && i == round * 2) net.CutAll();
            }
            await net.PassAsync(Task.WhenAll(toJuliet, toRomeo));
            IEnumerable<string> all = Enumerable.Range(0, Messages).Select(i => $"{round}-{i}");
            Assert.That(await toJuliet, Is.EqualTo(all));
            if (bothWays) Assert.That(await toRomeo, Is.EqualTo(all));
            // Three that are lost within ten seconds each would be none that holds.
            net.Time.Advance(TimeSpan.FromSeconds(11));
        }
        Assert.That(net.Lines("here.example", "there.example") + net.Lines("there.example", "here.example"), Is.GreaterThanOrEqualTo(Rounds));
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
    }

    private static async Task<List<string>> CollectAsync(User user, int count)
    {
        var ids = new List<string>();
        while (ids.Count < count)
        {
            Element stanza = await user.NextAsync("collecting");
            ids.Add(stanza["type"] == "error" ? $"error {stanza}" : stanza["id"]!);
        }
        return ids;
    }
}
