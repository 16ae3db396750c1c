using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Archive;
using PresenceXml.Storage;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking;
using Answer = PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking.Answer;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>XEP-0313 1.1.3, XEP-0059 1.0: what is found, how it is told, and what is refused.</summary>
[Property("Spec", "MA-1")]
public sealed class ArchiveQueryTests : ArchiveFixture
{
    [Test]
    public async Task An_account_announces_its_archive_and_the_domain_does_not()
    {
        Element own = await Juliet.AskAsync("<iq type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        string?[] features = [.. own.Children.Single().Children.Select(child => child["var"])];
        Assert.That(features, Is.SupersetOf(new[] { Ns, Ns + "#extended", Ns + "#groupchat-field", Rsm, "urn:xmpp:sid:0" }));
        Element domain = await Juliet.AskAsync("<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        Assert.That(domain.ToString(), Does.Not.Contain(Ns));
    }

    [Test]
    public async Task The_domain_announces_it_for_clients_that_look_there_when_told_to()
    {
        await using TestServer server = await TestServer.StartAsync(settings => settings.ModuleOptions.Set("archive", new ArchiveOptions { AnnounceOnDomain = true }));
        foreach (Addressee addressee in new[] { Addressee.Domain, Addressee.Account })
            Assert.That(server.Get<ServiceCatalog>().Features(addressee), Is.SupersetOf(new[] { Ns, Ns + "#extended" }));
    }

    [Test]
    public async Task A_result_shows_the_message_its_time_and_the_id_it_came_with()
    {
        await Romeo.SendAsync("<message to='juliet@localhost/balcony' type='chat' id='m' xml:lang='en' xmlns:a='urn:a' a:b='c'><body>wherefore</body><a:x><y xmlns=''/></a:x></message>");
        Element live = await Juliet.ExpectAsync("<message><body>wherefore</body></message>");
        string id = live.Child(Namespaces.StanzaId, "stanza-id")!["id"]!;
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Answer answer = await Juliet.QueryAsync();
        Assert.That(Xml.Mismatch(Xml.Parse($"""
            <message from='juliet@localhost' to='juliet@localhost/balcony' type=''><result xmlns='{Ns}' queryid='q' id='{id}'><forwarded xmlns='urn:xmpp:forward:0'>
            <delay xmlns='urn:xmpp:delay' stamp='2030-01-01T00:00:00.000Z'/>
            <message xmlns='jabber:client' from='romeo@localhost/orchard' to='juliet@localhost/balcony' type='chat' id='m' xml:lang='en'><body>wherefore</body>
            <x xmlns='urn:a'><y xmlns=''/></x><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@localhost' id='{id}'/></message></forwarded></result></message>
            """), answer.Results.Single()), Is.Null, answer.Results.Single().ToString());
        Assert.Multiple(() =>
        {
            // What she got is what she finds, but for the bytes of its head.
            Assert.That(Answer.Forwarded(answer.Results[0]).ToString(), Is.EqualTo(live.ToString()));
            Assert.That(Xml.Mismatch(Xml.Parse($"<iq type='result'><fin xmlns='{Ns}' complete='true'><set xmlns='{Rsm}'><first index='0'>{id}</first><last>{id}</last><count>1</count></set></fin></iq>"), answer.Iq), Is.Null, answer.Iq.ToString());
        });
        Answer sent = await Romeo.QueryAsync();
        Assert.That(sent.Ids.Single(), Is.Not.EqualTo(id), "another archive");
        Assert.That(Answer.Forwarded(sent.Results[0]).Children.Single(child => child.LocalName == "stanza-id")["by"], Is.EqualTo(Play.Romeo));
    }

    [Test]
    public async Task Without_a_queryid_none_comes_and_an_empty_archive_answers_an_empty_page()
    {
        Answer nothing = await Juliet.QueryAsync();
        Assert.That((nothing.Results.Count, nothing.IsComplete, nothing.First, nothing.Last, nothing.Count), Is.EqualTo((0, true, (string?)null, (string?)null, "0")));
        await SayAsync(1);
        await Juliet.SendAsync($"<iq type='set' id='2' to='juliet@localhost'><query xmlns='{Ns}'/></iq>");
        Element result = await Juliet.ExpectAsync($"<message><result xmlns='{Ns}' queryid=''/></message>");
        Assert.That(result.Child(Ns, "result")!.Attributes.Select(attribute => attribute.Name.Name), Is.EqualTo(new[] { "id" }));
        await Juliet.ExpectAsync($"<iq type='result' id='2' from='juliet@localhost'><fin xmlns='{Ns}' complete='true'/></iq>");
    }

    [Test]
    public async Task Pages_are_bounded_whatever_is_asked_and_say_whether_more_lies_behind()
    {
        await SayAsync(23);
        Answer standard = await Juliet.QueryAsync();
        Assert.That((standard.Bodies, standard.IsComplete, standard.Count), Is.EqualTo((new[] { "0", "1", "2", "3", "4" }, false, (string?)null)));
        Assert.That((standard.First, standard.Last), Is.EqualTo((standard.Ids[0], standard.Ids[^1])));
        foreach (string max in new[] { "1000", "99999999999999999999" })
        {
            Answer largest = await Juliet.QueryAsync(Set($"<max>{max}</max>"));
            Assert.That((largest.Results.Count, largest.IsComplete), Is.EqualTo((20, false)));
        }
        Answer rest = await Juliet.QueryAsync(Set($"<max>3</max><after>{(await Juliet.QueryAsync(Set("<max>20</max>"))).Last}</after>"));
        Assert.That((rest.Bodies, rest.IsComplete), Is.EqualTo((new[] { "20", "21", "22" }, true)));
        Answer none = await Juliet.QueryAsync(Set($"<max>3</max><after>{rest.Last}</after>"));
        Assert.That((none.Results.Count, none.IsComplete, none.First), Is.EqualTo((0, true, (string?)null)));
    }

    [Test]
    public async Task The_last_page_and_the_one_before_it()
    {
        await SayAsync(8);
        Answer last = await Juliet.QueryAsync(Set("<max>3</max><before/>"));
        Assert.That((last.Bodies, last.IsComplete), Is.EqualTo((new[] { "5", "6", "7" }, false)));
        Answer before = await Juliet.QueryAsync(Set($"<max>4</max><before>{last.First}</before>"));
        Assert.That((before.Bodies, before.IsComplete), Is.EqualTo((new[] { "1", "2", "3", "4" }, false)));
        Answer first = await Juliet.QueryAsync(Set($"<max>4</max><before>{before.First}</before>"));
        Assert.That((first.Bodies, first.IsComplete), Is.EqualTo((new[] { "0" }, true)));
    }

    [Test]
    public async Task A_flipped_page_holds_the_same_in_reverse()
    {
        await SayAsync(6);
        foreach (string set in new[] { "<max>4</max>", "<max>4</max><before/>" })
        {
            Answer straight = await Juliet.QueryAsync(Set(set)), flipped = await Juliet.QueryAsync(Set(set) + "<flip-page/>");
            Assert.That(flipped.Ids, Is.EqualTo(straight.Ids.Reverse()));
            Assert.That(flipped.Iq.With("id", null).ToString(), Is.EqualTo(straight.Iq.With("id", null).ToString()));
        }
    }

    [Test]
    public async Task Who_wants_none_is_told_how_many_there_are_when_that_is_cheap()
    {
        Assert.That((await Juliet.QueryAsync(Set("<max>0</max>"))).IsComplete, Is.True);
        await SayAsync(6);
        Answer few = await Juliet.QueryAsync(Set("<max>0</max>"));
        Assert.That((few.Results.Count, few.IsComplete, few.First, few.Count), Is.EqualTo((0, false, (string?)null, "6")));
        await SayAsync(15);
        Answer many = await Juliet.QueryAsync(Set("<max>0</max>"));
        Assert.That((many.Results.Count, many.IsComplete, many.Count), Is.EqualTo((0, false, (string?)null)));
    }

    [Test]
    public async Task A_page_ends_early_where_its_messages_are_large()
    {
        for (int i = 0; i < 3; i++)
            await Romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='m{i}'><body>{new string((char)('a' + i), i == 2 ? 30000 : 9000)}</body></message>");
        await Romeo.ExpectNothingAsync();
        await Juliet.DrainAsync();
        Answer two = await Juliet.QueryAsync();
        Assert.That((two.Results.Count, two.IsComplete), Is.EqualTo((2, false)));
        Answer one = await Juliet.QueryAsync(Set($"<after>{two.Last}</after>"));
        Assert.That((one.Results.Count, one.IsComplete), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task With_finds_the_other_side_by_bare_or_full_address()
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        await SayAsync(1);
        await tybalt.SendAsync("<message to='juliet@localhost' type='chat'><body>t</body></message>");
        await Juliet.SendAsync("<message to='romeo@localhost/orchard' type='chat'><body>full</body></message><message to='romeo@localhost' type='chat'><body>bare</body></message>");
        await Juliet.SendAsync("<message to='juliet@localhost' type='chat'><body>self</body></message>");
        await Juliet.DrainAsync();
        Assert.That(await WithAsync("romeo@localhost"), Is.EqualTo(new[] { "0", "full", "bare" }));
        Assert.That(await WithAsync("Romeo@LOCALHOST/orchard"), Is.EqualTo(new[] { "0", "full" }));
        Assert.That(await WithAsync("romeo@localhost/none"), Is.Empty);
        await Juliet.SendAsync("<message to=\"romeo@localhost/o'r &amp; &lt;ch\u00e4rd>&quot;\" type='chat'><body>odd</body></message>");
        Assert.That(await WithAsync("romeo@localhost/o'r &amp; &lt;ch\u00e4rd>&quot;"), Is.EqualTo(new[] { "odd" }));
        Assert.That(await WithAsync("tybalt@localhost"), Is.EqualTo(new[] { "t" }));
        Assert.That(await WithAsync("nobody@elsewhere.example"), Is.Empty);
        Assert.That(await WithAsync("localhost"), Is.Empty, "the domain itself, not its accounts");
        // §4.1.1: with oneself only what one wrote to oneself.
        Assert.That(await WithAsync("juliet@localhost"), Is.EqualTo(new[] { "self" }));
        Assert.That(await WithAsync("juliet@localhost/balcony"), Is.EqualTo(new[] { "full", "bare", "self", "odd" }));

        async Task<IReadOnlyList<string>> WithAsync(string with) => (await Juliet.QueryAsync(Form(("with", with)))).Bodies;
    }

    [Test]
    public async Task Start_and_end_include_their_moment_as_the_stamps_tell_it()
    {
        Server.Clock.Advance(TimeSpan.FromTicks(5004)); // stamps tell milliseconds, the log knows more
        await SayAsync(4);
        Assert.That(await BetweenAsync("2030-01-01T00:00:01Z", "2030-01-01T00:00:02Z"), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(await BetweenAsync("2030-01-01T02:00:01+02:00", "2029-12-31T23:30:02-00:30"), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(await BetweenAsync("2030-01-01T00:00:01.000001Z", null), Is.EqualTo(new[] { "2", "3" }));
        Assert.That(await BetweenAsync(null, "2030-01-01T00:00:01.999Z"), Is.EqualTo(new[] { "0", "1" }));
        Assert.That(await BetweenAsync("2030-01-01T00:00:03Z", "2030-01-01T00:00:01Z"), Is.Empty);
        Assert.That(await BetweenAsync("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"), Has.Count.EqualTo(4));

        async Task<IReadOnlyList<string>> BetweenAsync(string? start, string? end)
        {
            (string, string)[] fields = [.. new[] { ("start", start), ("end", end) }.Where(field => field.Item2 is not null).Select(field => (field.Item1, field.Item2!))];
            return (await Juliet.QueryAsync(Form(fields))).Bodies;
        }
    }

    [Test]
    public async Task Before_id_and_after_id_exclude_themselves_and_are_no_direction()
    {
        await SayAsync(9);
        IReadOnlyList<string> ids = (await Juliet.QueryAsync(Set("<max>20</max>"))).Ids;
        Assert.That((await Juliet.QueryAsync(Form(("before-id", ids[7])) + Set("<max>2</max>"))).Bodies, Is.EqualTo(new[] { "0", "1" }));
        Assert.That((await Juliet.QueryAsync(Form(("after-id", ids[1])) + Set("<max>2</max>"))).Bodies, Is.EqualTo(new[] { "2", "3" }));
        Answer range = await Juliet.QueryAsync(Form(("after-id", ids[1]), ("before-id", ids[5])));
        Assert.That((range.Bodies, range.IsComplete, range.Count), Is.EqualTo((new[] { "2", "3", "4" }, true, "3")));
        // With RSM the narrower counts, from whichever side.
        Assert.That((await Juliet.QueryAsync(Form(("after-id", ids[1]), ("before-id", ids[5])) + Set($"<after>{ids[2]}</after>"))).Bodies, Is.EqualTo(new[] { "3", "4" }));
        Assert.That((await Juliet.QueryAsync(Form(("after-id", ids[1]), ("before-id", ids[5])) + Set($"<before>{ids[8]}</before>"))).Bodies, Is.EqualTo(new[] { "2", "3", "4" }));
        Assert.That((await Juliet.QueryAsync(Form(("after-id", ids[5]), ("before-id", ids[1])))).Bodies, Is.Empty);
    }

    [Test]
    public async Task Ids_come_in_the_order_of_the_archive_each_once_and_under_the_other_filters()
    {
        await SayAsync(9);
        IReadOnlyList<string> ids = (await Juliet.QueryAsync(Set("<max>20</max>"))).Ids;
        (string, string)[] asked = [("ids", ids[6]), ("ids", ids[2]), ("ids", ids[2]), ("ids", ids[4])];
        Answer some = await Juliet.QueryAsync(Form(asked));
        Assert.That((some.Bodies, some.IsComplete, some.Count), Is.EqualTo((new[] { "2", "4", "6" }, true, "3")));
        Assert.That((await Juliet.QueryAsync(Form(asked) + "<flip-page/>")).Bodies, Is.EqualTo(new[] { "6", "4", "2" }));
        Answer page = await Juliet.QueryAsync(Form(asked) + Set("<max>2</max><before/>"));
        Assert.That((page.Bodies, page.IsComplete), Is.EqualTo((new[] { "4", "6" }, false)));
        Assert.That((await Juliet.QueryAsync(Form([.. asked, ("start", "2030-01-01T00:00:04Z")]))).Bodies, Is.EqualTo(new[] { "4", "6" }));
        Assert.That((await Juliet.QueryAsync(Form([.. asked, ("with", "tybalt@localhost")]))).Bodies, Is.Empty);
        Assert.That((await Juliet.QueryAsync(Form([.. asked, ("after-id", ids[2])]))).Bodies, Is.EqualTo(new[] { "4", "6" }));
    }

    [Test]
    public async Task The_form_tells_its_fields()
    {
        await Juliet.SendAsync($"<iq type='get' id='f'><query xmlns='{Ns}'/></iq>");
        Element answer = await Juliet.ExpectAsync($"""
            <iq type='result' id='f'><query xmlns='{Ns}'><x xmlns='jabber:x:data' type='form'><field type='hidden' var='FORM_TYPE'><value>{Ns}</value></field>
            <field type='jid-single' var='with'/><field type='text-single' var='start'/><field type='text-single' var='end'/>
            <field type='text-single' var='before-id'/><field type='text-single' var='after-id'/>
            <field type='list-multi' var='ids'><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate></field>
            <field type='boolean' var='include-groupchat'/></x></query></iq>
            """);
        Assert.That(answer.ToString(), Does.Not.Contain("required"));
    }

    [Test]
    public async Task Metadata_tells_the_first_and_the_last_message()
    {
        await Juliet.SendAsync($"<iq type='get' id='m'><metadata xmlns='{Ns}'/></iq>");
        Element empty = await Juliet.ExpectAsync($"<iq type='result' id='m'><metadata xmlns='{Ns}'/></iq>");
        Assert.That(empty.Children.Single().Nodes, Is.Empty);
        await SayAsync(4);
        IReadOnlyList<string> ids = (await Juliet.QueryAsync()).Ids;
        await Juliet.SendAsync($"<iq type='get' id='m'><metadata xmlns='{Ns}'/></iq>");
        await Juliet.ExpectAsync($"""
            <iq type='result' id='m'><metadata xmlns='{Ns}'><start id='{ids[0]}' timestamp='2030-01-01T00:00:00.000Z'/>
            <end id='{ids[3]}' timestamp='2030-01-01T00:00:03.000Z'/></metadata></iq>
            """);
    }

    [Test, Property("Spec", "B2-1")]
    public async Task Who_binds_is_told_how_far_the_archive_reaches()
    {
        await SayAsync(2);
        Element asked = (await Juliet.AskAsync($"<iq type='get' id='m'><metadata xmlns='{Ns}'/></iq>")).Children.Single();
        Element? told = null;
        foreach (var answer in Server.Get<ServiceCatalog>().BindAnswers)
            told ??= await answer(Juliet.Session, CancellationToken.None);
        Assert.That(told?.ToString(), Is.EqualTo(asked.ToString()));
    }

    [Test, Property("Spec", "MA-3")]
    public async Task Retention_takes_the_oldest_leaves_no_hole_and_pages_go_on_from_what_is_gone()
    {
        await SayAsync(2);
        await Juliet.SendAsync("<presence type='unavailable'/>");
        await Romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>waits</body></message>");
        await Romeo.ExpectNothingAsync();
        await Juliet.DrainAsync();
        IReadOnlyList<string> old = (await Romeo.QueryAsync()).Ids, hers = await AllIdsAsync();
        Server.Clock.Advance(TimeSpan.FromDays(29));
        await Romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>new</body></message>");
        Server.Clock.Advance(TimeSpan.FromDays(2));
        // Before the hourly round and after it alike.
        for (int i = 0; i < 2; i++)
        {
            Assert.That((await Juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "new" }), "what waits still is older than what may be kept");
            Assert.That((await Juliet.QueryAsync(Set($"<after>{hers[0]}</after>"))).Bodies, Is.EqualTo(new[] { "new" }));
            Assert.That((await Juliet.QueryAsync(Set($"<before>{hers[1]}</before>"))).Bodies, Is.Empty);
            Assert.That((await Juliet.QueryAsync(Form(("after-id", hers[1])))).Bodies, Is.EqualTo(new[] { "new" }));
            (await Juliet.QueryAsync(Form(("ids", hers[1])))).Iq.ShouldBe("item-not-found");
            Assert.That((await Romeo.QueryAsync(Set($"<after>{old[0]}</after>"))).Bodies, Is.EqualTo(new[] { "new" }));
            await Server.Get<InboxRetention>().RunOnceAsync(CancellationToken.None);
        }
        await Juliet.SendAsync("<presence/>");
        Assert.That((await Juliet.DrainAsync()).Select(stanza => stanza.Child(Namespaces.Client, "body")?.Text), Does.Contain("waits"), "and it is not lost");

        async Task<IReadOnlyList<string>> AllIdsAsync() =>
            [.. (await Server.Get<InboxStore>().ReadAsync(Jid.Parse(Play.Juliet), new LogQuery())).Select(entry => Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Juliet), entry.Sequence))];
    }

    [Test]
    public async Task What_only_waits_for_delivery_is_not_in_the_archive()
    {
        await Juliet.SendAsync("<presence type='unavailable'/>");
        await SayAsync(1);
        await Romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>between us</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        await SayAsync(1);
        Assert.That((await Juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "0", "0" }));
        LogEntry passing = (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery { Box = InboxStore.Passing })).Single();
        string id = Server.Get<InstantInbox>().StanzaId(Jid.Parse(Play.Juliet), passing.Sequence);
        (await Juliet.QueryAsync(Form(("ids", id)))).Iq.ShouldBe("item-not-found");
        Assert.That((await Juliet.QueryAsync(Set($"<after>{id}</after>"))).Bodies, Is.EqualTo(new[] { "0" }), "but it has its place");
        await Juliet.SendAsync("<presence/>");
        Assert.That((await Juliet.DrainAsync()).Select(stanza => stanza.Child(Namespaces.Client, "body")?.Text), Does.Contain("between us"));
        Assert.That((await Juliet.QueryAsync(Set($"<after>{id}</after>"))).Bodies, Is.EqualTo(new[] { "0" }), "also when it is gone");
    }

    [Test]
    public async Task What_was_fetched_from_the_archive_is_delivered_and_does_not_come_again()
    {
        await Juliet.DisconnectAsync();
        await Romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>a</body></message><message to='juliet@localhost' type='chat'><body>b</body></message><message to='juliet@localhost' type='chat'><body>c</body></message>");
        await Romeo.ExpectNothingAsync();
        Juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Answer last = await Juliet.QueryAsync(Set("<max>2</max><before/>"));
        Assert.That(last.Bodies, Is.EqualTo(new[] { "b", "c" }));
        await Juliet.SendAsync("<presence/>");
        Element[] messages = [.. (await Juliet.DrainAsync()).Where(stanza => stanza.LocalName == "message")];
        Assert.That(messages.Select(message => message.Child(Namespaces.Client, "body")!.Text), Is.EqualTo(new[] { "a" }));
        await Server.RestartAsync();
        Assert.That(await Server.Engine.ReadUndeliveredAsync(InboxStore.Log, Jid.Parse(Play.Juliet)), Is.Empty);
    }
}
