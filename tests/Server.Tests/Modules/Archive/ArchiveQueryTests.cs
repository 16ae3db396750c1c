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
public sealed class ArchiveQueryTests : ServerFixture
{
    private TestClient romeo = null!;
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        settings.Options.Inbox.RetentionDays = 30;
        settings.ModuleOptions.Set("archive", new ArchiveOptions { PageMessages = 5, LargestPage = 20, PageBytes = 20000 });
    }

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "tybalt@localhost");
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
    }

    private async Task SayAsync(int count, string to = Play.Juliet)
    {
        for (int i = 0; i < count; i++)
        {
            await romeo.SendAsync($"<message to='{to}' type='chat' id='m{i}'><body>{i}</body></message>");
            Server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await romeo.ExpectNothingAsync();
        await juliet.DrainAsync();
    }

    [Test]
    public async Task An_account_announces_its_archive_and_the_domain_does_not()
    {
        Element own = await juliet.AskAsync("<iq type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        string?[] features = [.. own.Children.Single().Children.Select(child => child["var"])];
        Assert.That(features, Is.SupersetOf(new[] { Ns, Ns + "#extended", Ns + "#groupchat-field", Rsm, "urn:xmpp:sid:0" }));
        Element domain = await juliet.AskAsync("<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
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
        await romeo.SendAsync("<message to='juliet@localhost/balcony' type='chat' id='m' xml:lang='en' xmlns:a='urn:a' a:b='c'><body>wherefore</body><a:x><y xmlns=''/></a:x></message>");
        Element live = await juliet.ExpectAsync("<message><body>wherefore</body></message>");
        string id = live.Child(Namespaces.StanzaId, "stanza-id")!["id"]!;
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Answer answer = await juliet.QueryAsync();
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
        Answer sent = await romeo.QueryAsync();
        Assert.That(sent.Ids.Single(), Is.Not.EqualTo(id), "another archive");
        Assert.That(Answer.Forwarded(sent.Results[0]).Children.Single(child => child.LocalName == "stanza-id")["by"], Is.EqualTo(Play.Romeo));
    }

    [Test]
    public async Task Without_a_queryid_none_comes_and_an_empty_archive_answers_an_empty_page()
    {
        Answer nothing = await juliet.QueryAsync();
        Assert.That((nothing.Results.Count, nothing.IsComplete, nothing.First, nothing.Last, nothing.Count), Is.EqualTo((0, true, (string?)null, (string?)null, "0")));
        await SayAsync(1);
        await juliet.SendAsync($"<iq type='set' id='2' to='juliet@localhost'><query xmlns='{Ns}'/></iq>");
        Element result = await juliet.ExpectAsync($"<message><result xmlns='{Ns}' queryid=''/></message>");
        Assert.That(result.Child(Ns, "result")!.Attributes.Select(attribute => attribute.Name.Name), Is.EqualTo(new[] { "id" }));
        await juliet.ExpectAsync($"<iq type='result' id='2' from='juliet@localhost'><fin xmlns='{Ns}' complete='true'/></iq>");
    }

    [Test]
    public async Task Pages_are_bounded_whatever_is_asked_and_say_whether_more_lies_behind()
    {
        await SayAsync(23);
        Answer standard = await juliet.QueryAsync();
        Assert.That((standard.Bodies, standard.IsComplete, standard.Count), Is.EqualTo((new[] { "0", "1", "2", "3", "4" }, false, (string?)null)));
        Assert.That((standard.First, standard.Last), Is.EqualTo((standard.Ids[0], standard.Ids[^1])));
        foreach (string max in new[] { "1000", "99999999999999999999" })
        {
            Answer largest = await juliet.QueryAsync(Set($"<max>{max}</max>"));
            Assert.That((largest.Results.Count, largest.IsComplete), Is.EqualTo((20, false)));
        }
        Answer rest = await juliet.QueryAsync(Set($"<max>3</max><after>{(await juliet.QueryAsync(Set("<max>20</max>"))).Last}</after>"));
        Assert.That((rest.Bodies, rest.IsComplete), Is.EqualTo((new[] { "20", "21", "22" }, true)));
        Answer none = await juliet.QueryAsync(Set($"<max>3</max><after>{rest.Last}</after>"));
        Assert.That((none.Results.Count, none.IsComplete, none.First), Is.EqualTo((0, true, (string?)null)));
    }

    [Test]
    public async Task The_last_page_and_the_one_before_it()
    {
        await SayAsync(8);
        Answer last = await juliet.QueryAsync(Set("<max>3</max><before/>"));
        Assert.That((last.Bodies, last.IsComplete), Is.EqualTo((new[] { "5", "6", "7" }, false)));
        Answer before = await juliet.QueryAsync(Set($"<max>4</max><before>{last.First}</before>"));
        Assert.That((before.Bodies, before.IsComplete), Is.EqualTo((new[] { "1", "2", "3", "4" }, false)));
        Answer first = await juliet.QueryAsync(Set($"<max>4</max><before>{before.First}</before>"));
        Assert.That((first.Bodies, first.IsComplete), Is.EqualTo((new[] { "0" }, true)));
    }

    [Test]
    public async Task A_flipped_page_holds_the_same_in_reverse()
    {
        await SayAsync(6);
        foreach (string set in new[] { "<max>4</max>", "<max>4</max><before/>" })
        {
            Answer straight = await juliet.QueryAsync(Set(set)), flipped = await juliet.QueryAsync(Set(set) + "<flip-page/>");
            Assert.That(flipped.Ids, Is.EqualTo(straight.Ids.Reverse()));
            Assert.That(flipped.Iq.With("id", null).ToString(), Is.EqualTo(straight.Iq.With("id", null).ToString()));
        }
    }

    [Test]
    public async Task Who_wants_none_is_told_how_many_there_are_when_that_is_cheap()
    {
        Assert.That((await juliet.QueryAsync(Set("<max>0</max>"))).IsComplete, Is.True);
        await SayAsync(6);
        Answer few = await juliet.QueryAsync(Set("<max>0</max>"));
        Assert.That((few.Results.Count, few.IsComplete, few.First, few.Count), Is.EqualTo((0, false, (string?)null, "6")));
        await SayAsync(15);
        Answer many = await juliet.QueryAsync(Set("<max>0</max>"));
        Assert.That((many.Results.Count, many.IsComplete, many.Count), Is.EqualTo((0, false, (string?)null)));
    }

    [Test]
    public async Task A_page_ends_early_where_its_messages_are_large()
    {
        for (int i = 0; i < 3; i++)
            await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='m{i}'><body>{new string((char)('a' + i), i == 2 ? 30000 : 9000)}</body></message>");
        await romeo.ExpectNothingAsync();
        await juliet.DrainAsync();
        Answer two = await juliet.QueryAsync();
        Assert.That((two.Results.Count, two.IsComplete), Is.EqualTo((2, false)));
        Answer one = await juliet.QueryAsync(Set($"<after>{two.Last}</after>"));
        Assert.That((one.Results.Count, one.IsComplete), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task With_finds_the_other_side_by_bare_or_full_address()
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        await SayAsync(1);
        await tybalt.SendAsync("<message to='juliet@localhost' type='chat'><body>t</body></message>");
        await juliet.SendAsync("<message to='romeo@localhost/orchard' type='chat'><body>full</body></message><message to='romeo@localhost' type='chat'><body>bare</body></message>");
        await juliet.SendAsync("<message to='juliet@localhost' type='chat'><body>self</body></message>");
        await juliet.DrainAsync();
        Assert.That(await WithAsync("romeo@localhost"), Is.EqualTo(new[] { "0", "full", "bare" }));
        Assert.That(await WithAsync("Romeo@LOCALHOST/orchard"), Is.EqualTo(new[] { "0", "full" }));
        Assert.That(await WithAsync("romeo@localhost/none"), Is.Empty);
        await juliet.SendAsync("<message to=\"romeo@localhost/o'r &amp; &lt;ch\u00e4rd>&quot;\" type='chat'><body>odd</body></message>");
        Assert.That(await WithAsync("romeo@localhost/o'r &amp; &lt;ch\u00e4rd>&quot;"), Is.EqualTo(new[] { "odd" }));
        Assert.That(await WithAsync("tybalt@localhost"), Is.EqualTo(new[] { "t" }));
        Assert.That(await WithAsync("nobody@elsewhere.example"), Is.Empty);
        Assert.That(await WithAsync("localhost"), Is.Empty, "the domain itself, not its accounts");
        // §4.1.1: with oneself only what one wrote to oneself.
        Assert.That(await WithAsync("juliet@localhost"), Is.EqualTo(new[] { "self" }));
        Assert.That(await WithAsync("juliet@localhost/balcony"), Is.EqualTo(new[] { "full", "bare", "self", "odd" }));

        async Task<IReadOnlyList<string>> WithAsync(string with) => (await juliet.QueryAsync(Form(("with", with)))).Bodies;
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
            return (await juliet.QueryAsync(Form(fields))).Bodies;
        }
    }

    [Test]
    public async Task Before_id_and_after_id_exclude_themselves_and_are_no_direction()
    {
        await SayAsync(9);
        IReadOnlyList<string> ids = (await juliet.QueryAsync(Set("<max>20</max>"))).Ids;
        Assert.That((await juliet.QueryAsync(Form(("before-id", ids[7])) + Set("<max>2</max>"))).Bodies, Is.EqualTo(new[] { "0", "1" }));
        Assert.That((await juliet.QueryAsync(Form(("after-id", ids[1])) + Set("<max>2</max>"))).Bodies, Is.EqualTo(new[] { "2", "3" }));
        Answer range = await juliet.QueryAsync(Form(("after-id", ids[1]), ("before-id", ids[5])));
        Assert.That((range.Bodies, range.IsComplete, range.Count), Is.EqualTo((new[] { "2", "3", "4" }, true, "3")));
        // With RSM the narrower counts, from whichever side.
        Assert.That((await juliet.QueryAsync(Form(("after-id", ids[1]), ("before-id", ids[5])) + Set($"<after>{ids[2]}</after>"))).Bodies, Is.EqualTo(new[] { "3", "4" }));
        Assert.That((await juliet.QueryAsync(Form(("after-id", ids[1]), ("before-id", ids[5])) + Set($"<before>{ids[8]}</before>"))).Bodies, Is.EqualTo(new[] { "2", "3", "4" }));
        Assert.That((await juliet.QueryAsync(Form(("after-id", ids[5]), ("before-id", ids[1])))).Bodies, Is.Empty);
    }

    [Test]
    public async Task Ids_come_in_the_order_of_the_archive_each_once_and_under_the_other_filters()
    {
        await SayAsync(9);
        IReadOnlyList<string> ids = (await juliet.QueryAsync(Set("<max>20</max>"))).Ids;
        (string, string)[] asked = [("ids", ids[6]), ("ids", ids[2]), ("ids", ids[2]), ("ids", ids[4])];
        Answer some = await juliet.QueryAsync(Form(asked));
        Assert.That((some.Bodies, some.IsComplete, some.Count), Is.EqualTo((new[] { "2", "4", "6" }, true, "3")));
        Assert.That((await juliet.QueryAsync(Form(asked) + "<flip-page/>")).Bodies, Is.EqualTo(new[] { "6", "4", "2" }));
        Answer page = await juliet.QueryAsync(Form(asked) + Set("<max>2</max><before/>"));
        Assert.That((page.Bodies, page.IsComplete), Is.EqualTo((new[] { "4", "6" }, false)));
        Assert.That((await juliet.QueryAsync(Form([.. asked, ("start", "2030-01-01T00:00:04Z")]))).Bodies, Is.EqualTo(new[] { "4", "6" }));
        Assert.That((await juliet.QueryAsync(Form([.. asked, ("with", "tybalt@localhost")]))).Bodies, Is.Empty);
        Assert.That((await juliet.QueryAsync(Form([.. asked, ("after-id", ids[2])]))).Bodies, Is.EqualTo(new[] { "4", "6" }));
    }

    [Test]
    public async Task An_id_that_is_not_in_the_archive_is_not_found()
    {
        await SayAsync(2);
        IReadOnlyList<string> ids = (await juliet.QueryAsync()).Ids;
        var inbox = Server.Get<InstantInbox>();
        string[] unknown =
        [
            "28482-98726-73623", "", "x", ids[0][..^1], ids[0] + "A", ids[0].ToUpperInvariant(),
            (await romeo.QueryAsync()).Ids[0], // of another's archive
            inbox.StanzaId(Jid.Parse(Play.Juliet), Server.Engine.NextSequence()), // given, and nothing was stored under it
        ];
        foreach (string id in unknown)
        {
            foreach (string field in new[] { "before-id", "after-id", "ids" })
                (await juliet.QueryAsync(Form((field, id)))).Iq.ShouldBe("item-not-found");
            (await juliet.QueryAsync(Form(("ids", ids[0]), ("ids", id)))).Iq.ShouldBe("item-not-found");
            if (id.Length == 0)
                continue;
            (await juliet.QueryAsync(Set($"<before>{id}</before>"))).Iq.ShouldBe("item-not-found");
            (await juliet.QueryAsync(Set($"<after>{id}</after>"))).Iq.ShouldBe("item-not-found");
        }
        Assert.That((await juliet.QueryAsync(Set("<after/>"))).Bodies, Has.Count.EqualTo(2), "after nothing is from the beginning");
    }

    [TestCase("<max>x</max>", "bad-request")]
    [TestCase("<max/>", "bad-request")]
    [TestCase("<max>-1</max>", "bad-request")]
    [TestCase("<max>1.5</max>", "bad-request")]
    [TestCase("<max> 1</max>", "bad-request")]
    [TestCase("<max>١</max>", "bad-request")]
    [TestCase("<max>1</max><max>2</max>", "bad-request")]
    [TestCase("<before/><after/>", "bad-request")]
    [TestCase("<before>a</before><after>b</after>", "bad-request")]
    [TestCase("<index>0</index>", "feature-not-implemented")]
    public async Task A_set_that_is_not_in_order(string set, string condition) => (await juliet.QueryAsync(Set(set))).Iq.ShouldBe(condition);

    [TestCase("with", "@", "jid-malformed")]
    [TestCase("with", "", "jid-malformed")]
    [TestCase("with", "a@b@c", "jid-malformed")]
    [TestCase("start", "yesterday", "bad-request")]
    [TestCase("end", "2030-01-01", "bad-request")]
    [TestCase("start", "2030-02-30T00:00:00Z", "bad-request")]
    [TestCase("end", "", "bad-request")]
    [TestCase("include-groupchat", "perhaps", "bad-request")]
    [TestCase("{http://example.com/}free-text-search", "x", "feature-not-implemented")]
    [TestCase("withtext", "x", "feature-not-implemented")]
    public async Task A_field_that_is_not_in_order(string field, string value, string condition) => (await juliet.QueryAsync(Form((field, value)))).Iq.ShouldBe(condition);

    [TestCase("<x xmlns='jabber:x:data' type='submit'/>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:1</value></field></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'/></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='cancel'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='ids'/></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field/></x>", "feature-not-implemented")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'><value>a.example</value><value>b.example</value></field></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'/><field var='with'/></x>", "bad-request")]
    [TestCase("<set xmlns='http://jabber.org/protocol/rsm'/><set xmlns='http://jabber.org/protocol/rsm'/>", "bad-request")]
    public async Task A_query_that_is_not_in_order(string content, string condition) => (await juliet.QueryAsync(content)).Iq.ShouldBe(condition);

    [Test]
    public async Task Two_forms_too_many_ids_and_a_node()
    {
        (await juliet.QueryAsync(Form() + Form())).Iq.ShouldBe("bad-request");
        (await juliet.QueryAsync(Form([.. Enumerable.Repeat(("ids", "x"), 21)]))).Iq.ShouldBe("policy-violation");
        (await juliet.QueryAsync(attributes: " node='princely_musings'")).Iq.ShouldBe("item-not-found");
    }

    [Test]
    public async Task A_field_without_a_value_and_groupchat_either_way_change_nothing()
    {
        await SayAsync(2);
        string empty = "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'/><field var='start'/><field var='end'/><field var='before-id'/><field var='after-id'/><field var='include-groupchat'/></x>";
        Assert.That((await juliet.QueryAsync(empty)).Bodies, Has.Count.EqualTo(2));
        foreach (string value in new[] { "true", "false", "1", "0" })
            Assert.That((await juliet.QueryAsync(Form(("include-groupchat", value)))).Bodies, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task The_form_tells_its_fields()
    {
        await juliet.SendAsync($"<iq type='get' id='f'><query xmlns='{Ns}'/></iq>");
        Element answer = await juliet.ExpectAsync($"""
            <iq type='result' id='f'><query xmlns='{Ns}'><x xmlns='jabber:x:data' type='form'><field type='hidden' var='FORM_TYPE'><value>{Ns}</value></field>
            <field type='jid-single' var='with'/><field type='text-single' var='start'/><field type='text-single' var='end'/>
            <field type='text-single' var='before-id'/><field type='text-single' var='after-id'/>
            <field type='list-multi' var='ids'><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate></field>
            <field type='boolean' var='include-groupchat'/></x></query></iq>
            """);
        Assert.That(answer.ToString(), Does.Not.Contain("required"));
    }

    [Test, Property("Spec", "D-08")]
    public async Task The_archive_of_another_looks_like_that_of_nobody([Values("query", "metadata", "prefs")] string name, [Values("get", "set")] string type)
    {
        await SayAsync(1);
        Element his = await juliet.AskAsync($"<iq type='{type}' id='1' to='romeo@localhost'><{name} xmlns='{Ns}'/></iq>");
        Element nobodys = await juliet.AskAsync($"<iq type='{type}' id='1' to='nobody@localhost'><{name} xmlns='{Ns}'/></iq>");
        his.ShouldBe("service-unavailable");
        Assert.That(his.Faceless(), Is.EqualTo(nobodys.Faceless()));
    }

    [Test]
    public async Task Metadata_tells_the_first_and_the_last_message()
    {
        await juliet.SendAsync($"<iq type='get' id='m'><metadata xmlns='{Ns}'/></iq>");
        Element empty = await juliet.ExpectAsync($"<iq type='result' id='m'><metadata xmlns='{Ns}'/></iq>");
        Assert.That(empty.Children.Single().Nodes, Is.Empty);
        await SayAsync(4);
        IReadOnlyList<string> ids = (await juliet.QueryAsync()).Ids;
        await juliet.SendAsync($"<iq type='get' id='m'><metadata xmlns='{Ns}'/></iq>");
        await juliet.ExpectAsync($"""
            <iq type='result' id='m'><metadata xmlns='{Ns}'><start id='{ids[0]}' timestamp='2030-01-01T00:00:00.000Z'/>
            <end id='{ids[3]}' timestamp='2030-01-01T00:00:03.000Z'/></metadata></iq>
            """);
    }

    [Test, Property("Spec", "B2-1")]
    public async Task Who_binds_is_told_how_far_the_archive_reaches()
    {
        await SayAsync(2);
        Element asked = (await juliet.AskAsync($"<iq type='get' id='m'><metadata xmlns='{Ns}'/></iq>")).Children.Single();
        Element? told = null;
        foreach (var answer in Server.Get<ServiceCatalog>().BindAnswers)
            told ??= await answer(juliet.Session, CancellationToken.None);
        Assert.That(told?.ToString(), Is.EqualTo(asked.ToString()));
    }

    [Test, Property("Spec", "MA-3")]
    public async Task Retention_takes_the_oldest_leaves_no_hole_and_pages_go_on_from_what_is_gone()
    {
        await SayAsync(2);
        await juliet.SendAsync("<presence type='unavailable'/>");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>waits</body></message>");
        await romeo.ExpectNothingAsync();
        await juliet.DrainAsync();
        IReadOnlyList<string> old = (await romeo.QueryAsync()).Ids, hers = await AllIdsAsync();
        Server.Clock.Advance(TimeSpan.FromDays(29));
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>new</body></message>");
        Server.Clock.Advance(TimeSpan.FromDays(2));
        // Before the hourly round and after it alike.
        for (int i = 0; i < 2; i++)
        {
            Assert.That((await juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "new" }), "what waits still is older than what may be kept");
            Assert.That((await juliet.QueryAsync(Set($"<after>{hers[0]}</after>"))).Bodies, Is.EqualTo(new[] { "new" }));
            Assert.That((await juliet.QueryAsync(Set($"<before>{hers[1]}</before>"))).Bodies, Is.Empty);
            Assert.That((await juliet.QueryAsync(Form(("after-id", hers[1])))).Bodies, Is.EqualTo(new[] { "new" }));
            (await juliet.QueryAsync(Form(("ids", hers[1])))).Iq.ShouldBe("item-not-found");
            Assert.That((await romeo.QueryAsync(Set($"<after>{old[0]}</after>"))).Bodies, Is.EqualTo(new[] { "new" }));
            await Server.Get<InboxRetention>().RunOnceAsync(CancellationToken.None);
        }
        await juliet.SendAsync("<presence/>");
        Assert.That((await juliet.DrainAsync()).Select(stanza => stanza.Child(Namespaces.Client, "body")?.Text), Does.Contain("waits"), "and it is not lost");

        async Task<IReadOnlyList<string>> AllIdsAsync() =>
            [.. (await Server.Get<InboxStore>().ReadAsync(Jid.Parse(Play.Juliet), new LogQuery())).Select(entry => Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Juliet), entry.Sequence))];
    }

    [Test]
    public async Task What_only_waits_for_delivery_is_not_in_the_archive()
    {
        await juliet.SendAsync("<presence type='unavailable'/>");
        await SayAsync(1);
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>between us</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        await SayAsync(1);
        Assert.That((await juliet.QueryAsync()).Bodies, Is.EqualTo(new[] { "0", "0" }));
        LogEntry passing = (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery { Box = InboxStore.Passing })).Single();
        string id = Server.Get<InstantInbox>().StanzaId(Jid.Parse(Play.Juliet), passing.Sequence);
        (await juliet.QueryAsync(Form(("ids", id)))).Iq.ShouldBe("item-not-found");
        Assert.That((await juliet.QueryAsync(Set($"<after>{id}</after>"))).Bodies, Is.EqualTo(new[] { "0" }), "but it has its place");
        await juliet.SendAsync("<presence/>");
        Assert.That((await juliet.DrainAsync()).Select(stanza => stanza.Child(Namespaces.Client, "body")?.Text), Does.Contain("between us"));
        Assert.That((await juliet.QueryAsync(Set($"<after>{id}</after>"))).Bodies, Is.EqualTo(new[] { "0" }), "also when it is gone");
    }

    [Test]
    public async Task What_was_fetched_from_the_archive_is_delivered_and_does_not_come_again()
    {
        await juliet.DisconnectAsync();
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>a</body></message><message to='juliet@localhost' type='chat'><body>b</body></message><message to='juliet@localhost' type='chat'><body>c</body></message>");
        await romeo.ExpectNothingAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Answer last = await juliet.QueryAsync(Set("<max>2</max><before/>"));
        Assert.That(last.Bodies, Is.EqualTo(new[] { "b", "c" }));
        await juliet.SendAsync("<presence/>");
        Element[] messages = [.. (await juliet.DrainAsync()).Where(stanza => stanza.LocalName == "message")];
        Assert.That(messages.Select(message => message.Child(Namespaces.Client, "body")!.Text), Is.EqualTo(new[] { "a" }));
        await Server.RestartAsync();
        Assert.That(await Server.Engine.ReadUndeliveredAsync(InboxStore.Log, Jid.Parse(Play.Juliet)), Is.Empty);
    }
}
