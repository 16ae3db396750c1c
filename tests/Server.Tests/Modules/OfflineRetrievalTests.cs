using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0013 1.3.</summary>
[Property("Spec", "XEP-0013")]
public sealed class OfflineRetrievalTests : FaultyFixture
{
    private const string Count = "<iq type='get' id='c'><query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/offline'/></iq>";
    private const string List = "<iq type='get' id='l'><query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/offline'/></iq>";
    private TestClient romeo = null!;
    private TestClient juliet = null!;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await SendAsync("a", "b", "c");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
    }

    [Test]
    public async Task The_domain_announces_it()
    {
        Element info = await juliet.AskAsync("<iq type='get' to='localhost' id='i'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        Assert.That(info.Children.Single().Children.Any(child => child["var"] == "http://jabber.org/protocol/offline"), Is.True);
    }

    [Test]
    public async Task The_number_is_told()
    {
        Element answer = await juliet.AskAsync(Count);
        Assert.That(Xml.Mismatch(
            Xml.Parse("""
                <query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/offline'>
                <identity category='automation' type='message-list'/><feature var='http://jabber.org/protocol/offline'/>
                <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/offline</value></field><field var='number_of_messages'><value>3</value></field></x>
                </query>
                """),
            answer.Children.Single()), Is.Null);
    }

    [Test]
    public async Task Headers_name_the_sender_and_the_id_that_the_message_has_everywhere()
    {
        Element[] items = await ListAsync(juliet);
        Assert.That(items.Select(item => item["jid"]), Is.All.EqualTo(Play.Juliet));
        Assert.That(items.Select(item => item["name"]), Is.All.EqualTo("romeo@localhost/orchard"));
        IReadOnlyList<LogEntry> log = await LogAsync();
        Assert.That(items.Select(item => item["node"]), Is.EqualTo(log.Select(entry => Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Juliet), entry.Sequence))));
    }

    [TestCase(Count)]
    [TestCase(List)]
    [TestCase("<iq type='get' id='f'><offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline></iq>")]
    public async Task Whoever_asks_first_gets_no_flood_nor_does_another_while_he_is_there(string request)
    {
        await juliet.SendAsync(request);
        await juliet.SendAsync("<presence/>");
        await juliet.DrainAsync();
        TestClient other = await Server.ConnectAsync("juliet@localhost/other");
        await other.SendAsync("<presence/>");
        Assert.That(Messages(await other.DrainAsync()), Is.Empty);
        await juliet.DrainAsync();
        // In the session messages come as usual, and what one does not get goes to the other.
        await SendAsync("d");
        Assert.That(Messages(await juliet.DrainAsync()), Is.EqualTo(new[] { "d" }));
        Assert.That(Messages(await other.DrainAsync()), Is.EqualTo(new[] { "d" }));
        Assert.That(await NodesAsync(juliet), Has.Length.EqualTo(3));
        // It ends with the last who asked, and with nobody else.
        TestClient guest = await Server.LoginAsync("juliet@localhost/guest");
        TestClient asking = await Server.ConnectAsync("juliet@localhost/asking");
        await asking.AskAsync(List);
        await guest.DisconnectAsync();
        await asking.DisconnectAsync();
        guest = await Server.ConnectAsync("juliet@localhost/guest");
        await guest.SendAsync("<presence/>");
        Assert.That(Messages(await guest.DrainAsync()), Is.Empty);
        await juliet.DrainAsync();
        await other.DrainAsync();
        await juliet.SendAsync("<presence type='unavailable'/><presence/>");
        Assert.That(Messages(await juliet.DrainAsync()), Is.Empty);
        // What is left waits for the next.
        await juliet.DisconnectAsync();
        Assert.That(Messages(await other.DrainAsync()), Is.Empty);
        TestClient third = await Server.ConnectAsync("juliet@localhost/third");
        await third.SendAsync("<presence/>");
        Assert.That(Messages(await third.DrainAsync()), Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public async Task What_comes_while_nobody_takes_it_waits_with_the_rest()
    {
        await juliet.AskAsync(List);
        await SendAsync("d");
        await juliet.SendAsync("<presence/>");
        Assert.That(Messages(await juliet.DrainAsync()), Is.Empty);
        Assert.That(await NodesAsync(juliet), Has.Length.EqualTo(4));
    }

    [Test]
    public async Task What_a_session_could_not_write_goes_to_the_other_though_the_inbox_is_held()
    {
        await juliet.AskAsync(List);
        TestClient deaf = await Server.ConnectAsync("juliet@localhost/deaf", reads: false);
        await deaf.SendAsync("<presence/>");
        await juliet.SendAsync("<presence/>");
        await romeo.SendAsync("<message to='juliet@localhost/deaf' type='chat' id='lost'><body>x</body></message>");
        await juliet.DrainAsync();
        await deaf.DisconnectAsync();
        Assert.That(Messages(await juliet.DrainAsync()), Is.EqualTo(new[] { "lost" }));
    }

    [Test]
    public async Task Whoever_takes_messages_already_has_them()
    {
        await juliet.SendAsync("<presence/>");
        Assert.That(Messages(await juliet.DrainAsync()), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(await NodesAsync(juliet), Is.Empty);
        await SendAsync("d");
        Assert.That(Messages(await juliet.DrainAsync()), Is.EqualTo(new[] { "d" }));
        await juliet.SendAsync("<presence type='unavailable'/>");
        await SendAsync("e");
        await juliet.SendAsync("<presence/>");
        Assert.That(Messages(await juliet.DrainAsync()), Is.EqualTo(new[] { "e" }), "a look at an empty inbox is no choice");
    }

    [Test]
    public async Task Some_are_read_and_stay()
    {
        string[] nodes = await NodesAsync(juliet);
        for (int i = 0; i < 2; i++)
        {
            await juliet.SendAsync($"<iq type='get' id='v'><offline xmlns='http://jabber.org/protocol/offline'><item action='view' node='{nodes[1]}'/><item action='view' node='{nodes[0]}'/></offline></iq>");
            foreach ((string id, string node) in new[] { ("b", nodes[1]), ("a", nodes[0]) })
            {
                await juliet.ExpectAsync($"<message from='romeo@localhost/orchard' to='juliet@localhost' type='chat' id='{id}'><body>x</body><delay xmlns='urn:xmpp:delay' from='localhost'/><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@localhost' id='{node}'/><offline xmlns='http://jabber.org/protocol/offline'><item node='{node}'/></offline></message>");
            }
            await juliet.ExpectAsync("<iq type='result' id='v'/>");
        }
        Assert.That(await NodesAsync(juliet), Is.EqualTo(nodes));
        // Nor does the end of a session that was being told make anything new of it.
        await juliet.DisconnectAsync();
        Assert.That((await LogAsync()).Select(entry => entry.Undelivered), Is.EqualTo(new[] { true, true, true }));
    }

    [Test]
    public async Task What_was_read_but_not_written_is_no_new_message()
    {
        await romeo.SendAsync("<message to='juliet@localhost/gone' type='chat' id='d'><body>x</body></message>");
        string[] nodes = await NodesAsync(juliet);
        juliet.StopReading();
        await juliet.SendAsync($"<iq type='get' id='v'><offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline></iq>");
        await juliet.DisconnectAsync();
        TestClient next = await Server.ConnectAsync("juliet@localhost/next");
        Assert.That(await NodesAsync(next), Is.EqualTo(nodes));
        Assert.That(await LogAsync(), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task All_are_read_in_pages_in_order()
    {
        string[] ids = [.. Enumerable.Range(0, 250).Select(i => $"n{i}")];
        await SendAsync(ids);
        await juliet.SendAsync("<iq type='get' id='f'><offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline></iq>");
        IReadOnlyList<Element> all = await juliet.DrainAsync();
        Assert.That(Messages(all), Is.EqualTo(new[] { "a", "b", "c" }.Concat(ids)));
        Assert.That(all[^1]["id"], Is.EqualTo("f"));
        Assert.That(await NodesAsync(juliet), Has.Length.EqualTo(253));
    }

    [Test]
    public async Task Some_are_removed_for_good_and_stay_in_the_archive()
    {
        string[] nodes = await NodesAsync(juliet);
        (await juliet.AskAsync($"<iq type='set' id='r'><offline xmlns='http://jabber.org/protocol/offline'><item action='remove' node='{nodes[0]}'/><item action='remove' node='{nodes[2]}'/></offline></iq>")).ShouldBeDone();
        Assert.That(await NodesAsync(juliet), Is.EqualTo(new[] { nodes[1] }));
        await Server.CrashAsync();
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That(Messages(await later.DrainAsync()), Is.EqualTo(new[] { "b" }));
        Assert.That(await LogAsync(), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task What_no_archive_keeps_is_deleted_when_it_is_removed()
    {
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='off'><body>x</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        await juliet.DisconnectAsync();
        await Server.RestartAsync(); // what is read anew does not say so
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        long[] before = [.. (await LogAsync()).Select(entry => entry.Sequence)];
        string node = Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Juliet), before[3]);
        (await juliet.AskAsync($"<iq type='set' id='r'><offline xmlns='http://jabber.org/protocol/offline'><item action='remove' node='{node}'/></offline></iq>")).ShouldBeDone();
        Assert.That((await LogAsync()).Select(entry => entry.Sequence), Is.EqualTo(before[..3]));
        Assert.That(await Server.Engine.HasPlaceAsync(InboxStore.Log, Jid.Parse(Play.Juliet), before[3]), Is.True, "its place stays");
    }

    [Test]
    public async Task All_are_removed()
    {
        (await juliet.AskAsync("<iq type='set' id='p'><offline xmlns='http://jabber.org/protocol/offline'><purge/></offline></iq>")).ShouldBeDone();
        Assert.That(await NodesAsync(juliet), Is.Empty);
        (await juliet.AskAsync("<iq type='set' id='p'><offline xmlns='http://jabber.org/protocol/offline'><purge/></offline></iq>")).ShouldBeDone();
        await juliet.DisconnectAsync();
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That(Messages(await later.DrainAsync()), Is.Empty);
    }

    [Test]
    public async Task What_could_not_be_removed_is_said_so()
    {
        string[] nodes = await NodesAsync(juliet);
        Engine.FailsCommits = true;
        (await juliet.AskAsync($"<iq type='set' id='r'><offline xmlns='http://jabber.org/protocol/offline'><item action='remove' node='{nodes[0]}'/></offline></iq>")).ShouldBe("resource-constraint");
        Engine.FailsCommits = false;
    }

    [Test]
    public async Task A_node_that_is_not_there_stops_all_of_it()
    {
        string[] nodes = await NodesAsync(juliet);
        foreach (string gone in new[] { "nonsense", Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Romeo), (await LogAsync())[0].Sequence), Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Juliet), 12345) })
        {
            (await juliet.AskAsync($"<iq type='get' id='v'><offline xmlns='http://jabber.org/protocol/offline'><item action='view' node='{nodes[0]}'/><item action='view' node='{gone}'/></offline></iq>")).ShouldBe("item-not-found");
            (await juliet.AskAsync($"<iq type='set' id='r'><offline xmlns='http://jabber.org/protocol/offline'><item action='remove' node='{nodes[0]}'/><item action='remove' node='{gone}'/></offline></iq>")).ShouldBe("item-not-found");
        }
        Assert.That(await NodesAsync(juliet), Is.EqualTo(nodes));
    }

    [TestCase("get", "")]
    [TestCase("get", "<purge/>")]
    [TestCase("set", "<fetch/>")]
    [TestCase("set", "")]
    [TestCase("get", "<item node='x'/>")]
    [TestCase("get", "<item action='view'/>")]
    [TestCase("get", "<item action='remove' node='x'/>")]
    [TestCase("set", "<item action='view' node='x'/>")]
    [TestCase("set", "<purge/><purge/>")]
    public async Task What_makes_no_sense_is_refused(string type, string content) =>
        (await juliet.AskAsync($"<iq type='{type}' id='x'><offline xmlns='http://jabber.org/protocol/offline'>{content}</offline></iq>")).ShouldBe("bad-request");

    [TestCase("juliet@localhost", "service-unavailable")]
    [TestCase("nobody@localhost", "service-unavailable")]
    public async Task Others_get_nothing(string account, string ofNodes)
    {
        foreach (string request in new[] { Count, List })
            (await romeo.AskAsync(request.Replace("<iq ", $"<iq to='{account}' ", StringComparison.Ordinal))).ShouldBe(ofNodes);
        (await romeo.AskAsync($"<iq to='{account}' type='get' id='x'><offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline></iq>")).ShouldBe("forbidden");
        (await romeo.AskAsync($"<iq to='{account}' type='set' id='x'><offline xmlns='http://jabber.org/protocol/offline'><purge/></offline></iq>")).ShouldBe("forbidden");
    }

    [Test]
    public async Task A_contact_is_told_that_it_is_not_his()
    {
        await Server.BefriendAsync(Play.Romeo, Play.Juliet);
        await romeo.DrainAsync();
        foreach (string request in new[] { Count, List })
            (await romeo.AskAsync(request.Replace("<iq ", "<iq to='juliet@localhost' ", StringComparison.Ordinal))).ShouldBe("forbidden");
    }

    private async Task SendAsync(params string[] ids)
    {
        foreach (string id in ids)
            await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='{id}'><body>x</body></message>");
        await romeo.ExpectNothingAsync();
    }

    private static async Task<Element[]> ListAsync(TestClient client) => [.. (await client.AskAsync(List)).Children.Single().Children];

    private static async Task<string[]> NodesAsync(TestClient client) => [.. (await ListAsync(client)).Select(item => item["node"]!)];

    private static IEnumerable<string?> Messages(IEnumerable<Element> stanzas) => stanzas.Where(stanza => stanza.LocalName == "message").Select(stanza => stanza["id"]);

    private async Task<IReadOnlyList<LogEntry>> LogAsync() => await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery { Limit = 1000 });
}
