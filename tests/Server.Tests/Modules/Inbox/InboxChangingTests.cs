using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Tests.Modules.Archive;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Inbox;

/// <summary>Deleting, moving, emptying, and what others see of it.</summary>
public sealed class InboxChangingTests : InboxFixture
{
    private const string Offline = "http://jabber.org/protocol/offline";

    [Test]
    public async Task What_is_deleted_is_in_no_view_any_more_and_its_id_is_still_a_place()
    {
        await SayAsync("a", "b", "c");
        string a = await IdAsync("a"), b = await IdAsync("b");
        Element answer = await SetAsync($"<delete><item id='{b}'/><item id='never'/></delete>");
        Assert.That(answer.ToString(), Is.EqualTo($"<delete xmlns='{Ns}' count='1'><missing id='never'/></delete>"));
        Assert.That(await BodiesAsync(), Is.EqualTo(new[] { "a", "c" }));
        ArchiveAsking.Answer after = await Juliet.QueryAsync(ArchiveAsking.Form(("after-id", b)));
        Assert.That(after.Bodies, Is.EqualTo(new[] { "c" }));
        ArchiveAsking.Answer before = await Juliet.QueryAsync(ArchiveAsking.Set($"<before>{b}</before>"));
        Assert.That(before.Bodies, Is.EqualTo(new[] { "a" }));
        ArchiveAsking.Answer itself = await Juliet.QueryAsync(ArchiveAsking.Form(("ids", b)));
        itself.Iq.ShouldBe("item-not-found");
        Assert.That(a, Is.Not.EqualTo(b));
        // Romeo's own log has what he sent.
        Assert.That(await Server.Get<InboxStore>().ReadAsync(Protocol.Jid.Parse(Play.Romeo), new LogQuery()), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task What_waits_and_is_deleted_comes_at_no_login_not_even_after_a_crash([Values] bool crash)
    {
        await SayAsync("a", "b", "c");
        await SetAsync($"<delete>{await ItemsAsync("a", "c")}</delete>");
        if (crash)
        {
            await Server.CrashAsync();
            await ConnectAsync();
        }
        Assert.That((await BoxAsync("inbox"))["undelivered"], Is.EqualTo("1"));
        await Juliet.SendAsync("<presence/>");
        await Juliet.ExpectAllAsync("<presence/>", "<message id='b'><body>b</body></message>");
        await Juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task What_is_deleted_while_it_waits_for_a_line_is_not_given_back()
    {
        TestClient other = await Server.LoginAsync("juliet@localhost/phone");
        other.StopReading();
        await SayAsync("a", "b");
        await SetAsync($"<delete>{await ItemsAsync("b")}</delete>");
        await other.DisconnectAsync();
        await Juliet.SendAsync("<presence/>");
        IReadOnlyList<string> received = [.. (await Juliet.DrainAsync()).Where(static stanza => stanza.LocalName == "message").Select(static message => message["id"]!)];
        Assert.That(received, Has.None.EqualTo("b"));
    }

    [Test]
    public async Task What_only_waits_is_deleted_by_the_id_that_its_list_tells()
    {
        await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat'><body>secret</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        Element list = await Juliet.AskAsync($"<iq type='get' id='l'><query xmlns='http://jabber.org/protocol/disco#items' node='{Offline}'/></iq>");
        await SetAsync($"<delete><item id='{list.Children.Single().Children.Single()["node"]}'/></delete>");
        await CountAsync("0");
        Assert.That(await LogAsync(), Is.Empty);
    }

    [Test]
    public async Task A_box_is_emptied_up_to_a_time()
    {
        await FileAsync("junk", "old");
        await SayAsync("inbox");
        string now = $"{Server.Clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}";
        await FileAsync("junk", "young");
        Element answer = await SetAsync($"<delete box='junk' before='{now}'/>");
        Assert.That(answer["count"], Is.EqualTo("1"));
        Assert.That(await BodiesAsync(), Is.EqualTo(new[] { "inbox", "young" }));
    }

    [Test]
    public async Task A_box_is_emptied()
    {
        await SayAsync("a");
        await FileAsync("junk", [.. Enumerable.Range(0, 1100).Select(static number => $"{number}")]);
        Assert.That((await SetAsync("<empty box='junk'/>"))["count"], Is.EqualTo("1100"));
        Assert.That(await BodiesAsync(), Is.EqualTo(new[] { "a" }));
        Assert.That((await SetAsync("<empty box='junk'/>"))["count"], Is.EqualTo("0"));
    }

    [Test]
    public async Task Everything_goes_only_when_that_is_said_and_survives_a_crash()
    {
        await SayAsync("a");
        await FileAsync("junk", "offer");
        await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat'><body>secret</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        foreach (string payload in new[] { "<wipe/>", "<wipe confirm='yes'/>" })
        {
            Element refused = await AskAsync(payload);
            refused.ShouldBe("bad-request");
        }
        Assert.That(await LogAsync(), Has.Length.EqualTo(3));
        Assert.That((await SetAsync("<wipe confirm='everything'/>"))["count"], Is.EqualTo("3"));
        await Server.CrashAsync();
        await ConnectAsync();
        Assert.That(await LogAsync(), Is.Empty);
        await CountAsync("0");
    }

    [Test]
    public async Task What_is_moved_is_in_its_box_and_waits_no_longer()
    {
        await SayAsync("a", "b");
        string a = await IdAsync("a");
        Element answer = await SetAsync($"<move to='work'><item id='{a}'/><item id='never'/></move>");
        Assert.That(answer.ToString(), Is.EqualTo($"<move xmlns='{Ns}' count='1'><missing id='never'/></move>"));
        Assert.That(await BodiesAsync("work"), Is.EqualTo(new[] { "a" }));
        await CountAsync("1");
        // Asked behind the count, for what the archive shows is delivered.
        Assert.That((await Juliet.QueryAsync(ArchiveAsking.Form(("{urn:x-presencexml:inbox:0}box", "work")))).Ids, Is.EqualTo(new[] { a }));
        await Server.CrashAsync();
        await ConnectAsync();
        await CountAsync("1");
        await SetAsync($"<move to='inbox'><item id='{a}'/></move>");
        Assert.That(await BodiesAsync(""), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Ids(await GetAsync("<headers box='work'/>")), Is.Empty);
        await CountAsync("1");
    }

    [Test]
    public async Task What_only_waits_goes_into_no_box()
    {
        await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat'><body>secret</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        string id = Server.Get<InboxStore>().StanzaId(Owner, (await LogAsync()).Single().Sequence);
        Assert.That((await SetAsync($"<move to='work'><item id='{id}'/></move>"))["count"], Is.EqualTo("0"));
        await CountAsync("1");
    }

    [TestCase("<delete/>"), TestCase("<delete box='junk'/>"), TestCase("<delete before='2026-01-01T00:00:00Z'/>"), TestCase("<delete box='junk' before='yesterday'/>")]
    [TestCase("<delete box='junk' before='2026-01-01T00:00:00Z'><item id='x'/></delete>"), TestCase("<empty/>"), TestCase("<empty box='passing'/>")]
    [TestCase("<move to='passing'><item id='x'/></move>"), TestCase("<move to='No'><item id='x'/></move>"), TestCase("<move><item id='x'/></move>"), TestCase("<move to='work'/>")]
    public async Task What_is_not_in_order_changes_nothing(string payload)
    {
        await FileAsync("junk", "a");
        await SayAsync("b");
        Element answer = await AskAsync(payload);
        answer.ShouldBe("bad-request");
        Assert.That(await LogAsync(), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Another_session_is_told_if_it_asked_and_not_any_more_after_that()
    {
        await FileAsync("junk", "a", "b", "c");
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone"), silent = await Server.ConnectAsync("juliet@localhost/silent");
        (await AskAsync("<subscribe/>", client: phone)).ShouldBeDone();
        (await AskAsync("<subscribe/>")).ShouldBeDone();
        string a = await IdAsync("a");
        await SetAsync($"<move to='work'><item id='{a}'/></move>");
        await phone.ExpectAsync($"<message type='headline' from='{Play.Juliet}' to='juliet@localhost/phone'><changed xmlns='{Ns}'><moved box='work' count='1'><item id='{a}'/></moved></changed></message>");
        await SetAsync($"<delete><item id='{a}'/></delete>");
        await phone.ExpectAsync($"<message type='headline'><changed xmlns='{Ns}'><deleted count='1'><item id='{a}'/></deleted></changed></message>");
        await SetAsync("<empty box='junk'/>");
        await phone.ExpectAsync($"<message type='headline'><changed xmlns='{Ns}'><deleted box='junk' count='2'/></changed></message>");
        (await AskAsync("<unsubscribe/>", client: phone)).ShouldBeDone();
        await FileAsync("junk", "d");
        await SetAsync("<empty box='junk'/>");
        await phone.ExpectNothingAsync();
        await silent.ExpectNothingAsync();
        await Juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task Whatever_comes_while_all_is_deleted_waits_or_is_gone_in_memory_and_store_alike()
    {
        Task saying = SayAsync([.. Enumerable.Range(0, 200).Select(static number => $"{number}")]);
        int deleted = 0;
        while (!saying.IsCompleted)
            deleted += int.Parse((await SetAsync("<wipe confirm='everything'/>"))["count"]!, System.Globalization.CultureInfo.InvariantCulture);
        await saying;
        Element boxes = await GetAsync("<boxes/>");
        string? left = boxes.Child(Ns, "box")!["undelivered"];
        Assert.That(left, Is.EqualTo(boxes.Child(Ns, "quota")!["undelivered"]));
        Assert.That(left, Is.EqualTo($"{200 - deleted}"));
    }

    [Test]
    public async Task A_store_that_fails_is_told_and_nothing_is_gone()
    {
        await SayAsync("a");
        string item = await ItemsAsync("a");
        Engine.FailsCommits = true;
        await Juliet.SendAsync($"<iq type='set' id='d'><delete xmlns='{Ns}'>{item}</delete></iq>");
        Engine.FailsCommits = false;
        Assert.That(Server.Log.Errors.Single(), Does.Contain("The disk is full"));
        Server.Log.Announce(1);
        await ConnectAsync();
        Assert.That(await BodiesAsync(), Is.EqualTo(new[] { "a" }));
        await CountAsync("1");
    }

    /// <summary>So many wait, as XEP-0013 tells.</summary>
    private async Task CountAsync(string count)
    {
        Element answer = await Juliet.AskAsync($"<iq type='get' id='c'><query xmlns='http://jabber.org/protocol/disco#info' node='{Offline}'/></iq>");
        Assert.That(answer.Children.Single().Child("jabber:x:data", "x")!.Children.Last().Children.Single().Text, Is.EqualTo(count));
    }
}
