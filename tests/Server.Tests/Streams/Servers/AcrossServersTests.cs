using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>Everything of the model that is not for one server alone works between two of ours: RFC 6121 and what clients build on it, Romeo here and Juliet there.</summary>
[CancelAfter(60_000)]
public sealed class AcrossServersTests
{
    private const string Romeo = "romeo@here.example";
    private const string Orchard = Romeo + "/orchard";
    private const string Juliet = "juliet@there.example";
    private const string Balcony = Juliet + "/balcony";
    private const string Info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    private const string Last = "<query xmlns='jabber:iq:last'/>";
    private const string VCard = "<vCard xmlns='vcard-temp'/>";
    private ServerNet net = null!;
    private TestServer here = null!;
    private TestServer there = null!;
    private User romeo = null!;
    private int fences;

    [SetUp]
    public async Task Begin()
    {
        net = new ServerNet();
        here = await net.AddAsync("here.example", net.Proving("here.example"), null, "romeo");
        there = await net.AddAsync("there.example", net.Proving("there.example"), null, "juliet", "nurse");
        romeo = await here.LoginAsync(Orchard);
    }

    [TearDown]
    public async Task End() => await net.DisposeAsync();

    /// <summary>What came to somebody before all that was said so far, by him and by the other side, was taken up there and answered.</summary>
    private async Task<List<Element>> HearAsync(User user, string other)
    {
        var came = new List<Element>();
        // Twice: what the other side said meanwhile may have been answered here, and that be answered there.
        for (int i = 0; i < 2; i++)
        {
            string id = $"across-{++fences}";
            await user.SendAsync($"<iq to='{other}' type='get' id='{id}'><fence xmlns='urn:x-test:fence'/></iq>");
            while (await user.NextAsync("hearing") is var next && next["id"] != id)
                came.Add(next);
        }
        return came;
    }

    private Task<List<Element>> RomeoHearsAsync() => HearAsync(romeo, "there.example");

    private Task<List<Element>> HearsAsync(User juliet) => HearAsync(juliet, "here.example");

    private static string[] Tell(IEnumerable<Element> stanzas) =>
        [.. stanzas.Where(static stanza => stanza.LocalName == "presence").Select(static stanza => $"{stanza["type"] ?? "available"} from {stanza["from"]}")];

    private async Task<User> BefriendAsync()
    {
        User juliet = await there.LoginAsync(Balcony);
        await romeo.SendAsync($"<presence to='{Juliet}' type='subscribe' id='s1'/>");
        await juliet.ExpectAsync($"<presence from='{Romeo}' to='{Juliet}' type='subscribe' id='s1'/>");
        await juliet.SendAsync($"<presence to='{Romeo}' type='subscribed'/><presence to='{Romeo}' type='subscribe'/>");
        Assert.That(Tell(await RomeoHearsAsync()), Is.EqualTo(new[] { $"available from {Balcony}", $"subscribe from {Juliet}" }));
        await romeo.SendAsync($"<presence to='{Juliet}' type='subscribed'/>");
        Assert.That(Tell(await HearsAsync(juliet)), Is.EqualTo(new[] { $"available from {Orchard}" }));
        return juliet;
    }

    private static async Task<List<Element>> ArchiveAsync(User user, string with)
    {
        await user.SendAsync($"<iq type='set' id='a'><query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field><field var='with'><value>{with}</value></field></x></query></iq>");
        var results = new List<Element>();
        while (await user.NextAsync("the archive") is var next && next["id"] != "a")
            results.Add(next.Children.Single(static child => child.LocalName == "result"));
        return results;
    }

    private static Element Inside(Element result) => result.Children.Single().Children.Single(static child => child.LocalName == "message");

    [Test, Property("Spec", "U-02,U-09,U-10,P-02,P-03,P-10,P-11,TRAP-3")]
    public async Task They_subscribe_see_each_other_come_and_go_and_part()
    {
        User juliet = await BefriendAsync();
        await juliet.SendAsync("<presence><show>dnd</show><status>Peace</status></presence>");
        await romeo.ExpectAsync($"<presence from='{Balcony}' to='{Romeo}'><show>dnd</show><status>Peace</status></presence>");
        await juliet.DisconnectAsync();
        await romeo.ExpectAsync($"<presence from='{Balcony}' to='{Romeo}' type='unavailable'/>");
        // Who comes is told of the other, whose server has to be asked.
        juliet = await there.ConnectAsync(Juliet + "/chamber");
        await juliet.SendAsync("<presence/>");
        Assert.That(Tell(await HearsAsync(juliet)), Is.EqualTo(new[] { $"available from {Juliet}/chamber", $"available from {Orchard}" }));
        Assert.That(Tell(await RomeoHearsAsync()), Is.EqualTo(new[] { $"available from {Juliet}/chamber" }));
        await juliet.ShowInterestAsync();
        await romeo.ShowInterestAsync();
        await romeo.SendAsync($"<presence to='{Juliet}' type='unsubscribed'/>");
        IReadOnlyList<Element> told = await HearsAsync(juliet);
        Assert.That(Tell(told), Is.EqualTo(new[] { $"unavailable from {Orchard}", $"unsubscribed from {Romeo}" }));
        Assert.That(told[^1].ToString(), Does.Contain("jabber:iq:roster").And.Contain("from"));
        await juliet.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{Romeo}' subscription='remove'/></query></iq>");
        Assert.That(Tell(await RomeoHearsAsync()), Is.EqualTo(new[] { $"unavailable from {Juliet}/chamber", $"unsubscribed from {Juliet}" }));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        await HearsAsync(juliet);
        Assert.That(await RomeoHearsAsync(), Is.Empty);
    }

    [Test, Property("Spec", "P-05,P-06,D-07,D-08,R-33,R-35")]
    public async Task A_stranger_is_told_the_same_of_who_is_there_who_is_not_and_nobody()
    {
        User juliet = await there.LoginAsync(Balcony);
        var told = new List<string>();
        foreach (string name in new[] { "juliet", "nurse", "nobody" })
        {
            foreach (string to in new[] { $"{name}@there.example", $"{name}@there.example/balcony" })
            {
                await romeo.SendAsync($"<presence to='{to}' type='probe' id='p'/><message to='{to}' type='chat' id='c'><body>x</body></message><message to='{to}' id='n'><body>x</body></message>");
                await romeo.SendAsync($"<iq to='{to}' type='get' id='i1'>{Info}</iq><iq to='{to}' type='get' id='i2'>{Last}</iq><iq to='{to}' type='get' id='i3'>{VCard}</iq>");
            }
            IEnumerable<Element> came = await RomeoHearsAsync();
            told.Add(string.Join('\n', came).Replace(name, "X", StringComparison.Ordinal));
        }
        Assert.That(told[1], Is.EqualTo(told[2]));
        // A message for a resource that is there reaches it; nothing else tells her from the others.
        Assert.That(told[0].Split('\n').Where(static line => !line.Contains("id=\"n\"", StringComparison.Ordinal) && !line.Contains("id='n'", StringComparison.Ordinal)),
            Is.EqualTo(told[1].Split('\n').Where(static line => !line.Contains("id=\"n\"", StringComparison.Ordinal) && !line.Contains("id='n'", StringComparison.Ordinal))));
        Assert.That((await HearsAsync(juliet)).Select(static stanza => stanza.LocalName), Is.All.EqualTo("message"));
    }

    [Test, Property("Spec", "XEP-0184,XEP-0333,XEP-0280-7,XEP-0280-8,MA-1,MA-2")]
    public async Task Messages_receipts_markers_carbons_and_both_archives()
    {
        User juliet = await BefriendAsync();
        User phone = await here.ConnectAsync(Romeo + "/phone"), tablet = await there.ConnectAsync(Juliet + "/tablet");
        foreach (User other in new[] { phone, tablet })
            (await other.AskAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>")).ShouldBeDone();
        const string Asking = "<body>Art thou not Romeo?</body><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><active xmlns='http://jabber.org/protocol/chatstates'/>";
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='m1' xml:lang='it'>{Asking}</message>");
        Element got = await juliet.ExpectAsync($"<message from='{Orchard}' to='{Juliet}' type='chat' id='m1' xml:lang='it'>{Asking}</message>");
        await phone.ExpectAsync($"<message from='{Romeo}' to='{Romeo}/phone'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{Orchard}' to='{Juliet}' id='m1'/></forwarded></sent></message>");
        await tablet.ExpectAsync($"<message from='{Juliet}' to='{Juliet}/tablet'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{Orchard}' to='{Juliet}' id='m1'/></forwarded></received></message>");
        string[] answers = ["<received xmlns='urn:xmpp:receipts' id='m1'/>", "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>", "<composing xmlns='http://jabber.org/protocol/chatstates'/>", "<body>Neither</body>"];
        for (int i = 0; i < answers.Length; i++)
        {
            await juliet.SendAsync($"<message to='{Orchard}' type='chat' id='a{i}'>{answers[i]}</message>");
            await romeo.ExpectAsync($"<message from='{Balcony}' to='{Orchard}' type='chat' id='a{i}'>{answers[i]}</message>");
            await phone.ExpectAsync($"<message from='{Romeo}'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{Balcony}' to='{Orchard}' id='a{i}'>{answers[i]}</message></forwarded></received></message>");
            await tablet.ExpectAsync($"<message from='{Juliet}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='{Balcony}' to='{Orchard}' id='a{i}'/></forwarded></sent></message>");
        }
        List<Element> his = await ArchiveAsync(romeo, Juliet), hers = await ArchiveAsync(juliet, Romeo);
        Assert.That(his.Select(static one => Inside(one)["id"]), Is.EqualTo(new[] { "m1", "a0", "a1", "a3" }));
        Assert.That(hers.Select(static one => Inside(one)["id"]), Is.EqualTo(new[] { "m1", "a0", "a1", "a3" }));
        Assert.That(hers[0]["id"], Is.EqualTo(got.Child(Namespaces.StanzaId, "stanza-id")!["id"]), "what she was told is where it lies");
        Assert.That(got.Children.Count(static child => child.LocalName == "stanza-id"), Is.EqualTo(1), "his server's id is nobody else's");
        Assert.That(his.Select(static one => one["id"]).Intersect(hers.Select(static one => one["id"])), Is.Empty);
    }

    [Test, Property("Spec", "XEP-0160,XEP-0203-5,MD-offline-bare-chat")]
    public async Task What_comes_while_she_is_away_waits_with_its_time()
    {
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='m1'><body>one</body></message><message to='{Balcony}' type='chat' id='m2'><body>two</body></message><message to='{Juliet}' type='headline' id='h'><body>three</body></message>");
        Assert.That(await RomeoHearsAsync(), Is.Empty);
        string stamp = net.Time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture);
        net.Time.Advance(TimeSpan.FromMinutes(5));
        User juliet = await there.ConnectAsync(Balcony);
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync($"<presence from='{Balcony}'/>");
        foreach (string id in new[] { "m1", "m2" })
        {
            Element got = await juliet.ExpectAsync($"<message from='{Orchard}' type='chat' id='{id}'><delay xmlns='urn:xmpp:delay' from='there.example'/></message>");
            Assert.That(got.Child("urn:xmpp:delay", "delay")!["stamp"], Does.StartWith(stamp));
        }
        await juliet.ExpectNothingAsync();
    }

    [TestCase(Juliet), TestCase("there.example"), Property("Spec", "BL-1,XEP-0191,P-03,P-05")]
    public async Task Who_is_blocked_sees_nobody_and_is_not_heard_until_she_is_not_blocked_any_more(string item)
    {
        User juliet = await BefriendAsync();
        await romeo.SendAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{item}'/></block></iq>");
        await romeo.ExpectAsync("<iq type='result' id='b'/>");
        await juliet.ExpectAsync($"<presence from='{Orchard}' to='{Juliet}' type='unavailable'/>");
        // What he does is not told, and what he says to her not sent.
        await romeo.SendAsync("<presence><show>away</show></presence>");
        foreach (string stanza in new[] { $"<message to='{Juliet}' type='chat' id='o1'><body>x</body></message>", $"<iq to='{Balcony}' type='get' id='o2'>{Info}</iq>", $"<presence to='{Juliet}' id='o3'/>" })
        {
            await romeo.SendAsync(stanza);
            IReadOnlyList<Element> answer = [.. (await romeo.DrainAsync()).Where(static one => one["type"] is not null)];
            Assert.That(answer.Single().ToString(), Does.Contain("not-acceptable").And.Contain("urn:xmpp:blocking:errors"));
        }
        // What she says goes nowhere, and she is answered as by nobody.
        foreach (string to in new[] { Romeo, Orchard })
            await juliet.SendAsync($"<message to='{to}' type='chat' id='c'><body>x</body></message><presence to='{to}' id='d'/><presence to='{to}' type='probe' id='p'/><iq to='{to}' type='get' id='i'>{Last}</iq>");
        IReadOnlyList<Element> told = await HearsAsync(juliet);
        Assert.That(told.Select(static stanza => $"{stanza.LocalName} {stanza["id"]} {stanza.Condition()}"), Is.EqualTo(new[] { "iq i service-unavailable", "iq i service-unavailable" }));
        await juliet.DisconnectAsync();
        juliet = await there.ConnectAsync(Juliet + "/chamber");
        await juliet.SendAsync("<presence/>");
        Assert.That(Tell(await HearsAsync(juliet)), Is.EqualTo(new[] { $"available from {Juliet}/chamber" }), "her server's question after him is not answered");
        await romeo.ExpectNothingAsync();
        await romeo.SendAsync("<iq type='set' id='u'><unblock xmlns='urn:xmpp:blocking'/></iq>");
        await juliet.ExpectAsync($"<presence from='{Orchard}' to='{Juliet}'><show>away</show></presence>");
        await romeo.ExpectAllAsync("<iq type='result' id='u'/>", $"<presence from='{Juliet}/chamber' to='{Romeo}'/>");
        Assert.That(await ArchiveAsync(romeo, Juliet), Is.Empty, "nothing was kept of what was not heard");
    }

    [Test, Property("Spec", "XEP-0012,XEP-0030-8,XEP-0054,8.5.3.1,R-36,R-37,P-14,P-15")]
    public async Task Requests_reach_account_and_resource_of_who_lets_it()
    {
        User juliet = await there.LoginAsync(Balcony);
        (await juliet.AskAsync("<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard></iq>")).ShouldBeDone();
        foreach (string to in new[] { Juliet, Balcony })
            (await romeo.AskAsync($"<iq to='{to}' type='get' id='s'>{Last}</iq>")).ShouldBe("service-unavailable");
        // Directed presence lets him ask this resource.
        await juliet.SendAsync($"<presence to='{Orchard}'/>");
        await romeo.ExpectAsync($"<presence from='{Balcony}' to='{Orchard}'/>");
        await PassAsync();
        await juliet.SendAsync("<presence type='unavailable'/>");
        await romeo.ExpectAsync($"<presence from='{Balcony}' to='{Orchard}' type='unavailable'/>");
        await juliet.DisconnectAsync();
        juliet = await BefriendAsync();
        await PassAsync();
        Assert.That((await romeo.AskAsync($"<iq to='{Juliet}' type='get' id='v'>{VCard}</iq>")).ToString(), Does.Contain("Juliet</FN>"));
        Assert.That((await romeo.AskAsync($"<iq to='{Juliet}' type='get' id='d'>{Info}</iq>")).ToString(), Does.Contain("registered"));
        Assert.That((await romeo.AskAsync($"<iq to='there.example' type='get' id='d'>{Info}</iq>")).ToString(), Does.Contain("server"));
        await juliet.DisconnectAsync();
        await romeo.ExpectAsync($"<presence from='{Balcony}' type='unavailable'/>");
        net.Time.Advance(TimeSpan.FromSeconds(90));
        Element last = await romeo.AskAsync($"<iq to='{Juliet}' type='get' id='l'>{Last}</iq>");
        Assert.That(int.Parse(last.Children.Single()["seconds"]!, System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(90));

        async Task PassAsync()
        {
            await romeo.SendAsync($"<iq to='{Balcony}' type='get' id='f'>{Info}</iq>");
            await juliet.ExpectAsync($"<iq from='{Orchard}' to='{Balcony}' type='get' id='f'>{Info}</iq>");
            await juliet.SendAsync($"<iq to='{Orchard}' type='result' id='f'>{Info}</iq>");
            await romeo.ExpectAsync($"<iq from='{Balcony}' to='{Orchard}' type='result' id='f'>{Info}</iq>");
        }
    }

    [Test, Property("Spec", "XEP-0310,S-22")]
    public async Task When_the_other_server_is_gone_its_users_are_and_come_back_with_it()
    {
        User juliet = await BefriendAsync();
        bool isDown = true;
        net.IsDown = (_, _) => isDown;
        net.CutAll();
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='m1'><body>x</body></message>");
        Task<(string, string)> lost = LoseAsync(romeo, Juliet);
        await net.PassAsync(lost, seconds: 1);
        Assert.That(await lost, Is.EqualTo(($"unavailable from {Balcony}", "m1")));
        isDown = false;
        net.Time.Advance(TimeSpan.FromSeconds(61));
        Task<Element> back = romeo.NextAsync("her presence");
        await net.PassAsync(back);
        Assert.That((await back).ToString(), Does.Contain(Balcony).And.Not.Contain("unavailable"));
    }

    [Test, Property("Spec", "XEP-0310")]
    public async Task Who_was_seen_over_a_stream_that_broke_while_its_server_could_not_be_reached_is_gone()
    {
        Streams.TestClient peer = net.Connect("here.example", out Task ended);
        await peer.ProveAsync("good.example", "here.example", net.Proving("good.example"));
        await peer.SendAsync($"<presence from='benvolio@good.example/x' to='{Romeo}'/>");
        await romeo.ExpectAsync("<presence from='benvolio@good.example/x'/>");
        // Our own link has nowhere to go; theirs still tells what changes.
        await romeo.SendAsync("<presence to='benvolio@good.example/x'/>");
        await romeo.ExpectAsync("<presence from='benvolio@good.example/x' type='error'/>");
        await peer.SendAsync($"<presence from='benvolio@good.example/x' to='{Romeo}'><show>chat</show></presence>");
        await romeo.ExpectAsync("<presence from='benvolio@good.example/x'><show>chat</show></presence>");
        await romeo.ExpectNothingAsync();
        await peer.DisposeAsync();
        await romeo.ExpectAsync("<presence from='benvolio@good.example/x' type='unavailable'><state-annotation xmlns='urn:xmpp:psa'/></presence>");
        await ended;
    }

    // Both come, in whichever order: who is gone, and what was not delivered.
    private static async Task<(string Gone, string Returned)> LoseAsync(User user, string other)
    {
        string gone = "", returned = "";
        while (gone.Length == 0 || returned.Length == 0)
        {
            Element next = await user.NextAsync("the end of " + other);
            if (next.LocalName == "presence" && next["type"] == "unavailable")
                gone = Tell([next]).Single();
            else if (next.LocalName == "message")
                returned = next["id"]!;
        }
        return (gone, returned);
    }
}
