using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>XEP-0313 1.1.3, XEP-0059 1.0: queries that are not in order, and whom the archive is none of.</summary>
[Property("Spec", "MA-1")]
public sealed class ArchiveRefusalTests : ArchiveFixture
{
    [Test]
    public async Task An_id_that_is_not_in_the_archive_is_not_found()
    {
        await SayAsync(2);
        IReadOnlyList<string> ids = (await Juliet.QueryAsync()).Ids;
        var inbox = Server.Get<InstantInbox>();
        string[] unknown =
        [
            "28482-98726-73623", "", "x", ids[0][..^1], ids[0] + "A", ids[0].ToUpperInvariant(),
            (await Romeo.QueryAsync()).Ids[0], // of another's archive
            inbox.StanzaId(Jid.Parse(Play.Juliet), Server.Engine.NextSequence()), // given, and nothing was stored under it
        ];
        foreach (string id in unknown)
        {
            foreach (string field in new[] { "before-id", "after-id", "ids" })
                (await Juliet.QueryAsync(Form((field, id)))).Iq.ShouldBe("item-not-found");
            (await Juliet.QueryAsync(Form(("ids", ids[0]), ("ids", id)))).Iq.ShouldBe("item-not-found");
            if (id.Length == 0)
                continue;
            (await Juliet.QueryAsync(Set($"<before>{id}</before>"))).Iq.ShouldBe("item-not-found");
            (await Juliet.QueryAsync(Set($"<after>{id}</after>"))).Iq.ShouldBe("item-not-found");
        }
        Assert.That((await Juliet.QueryAsync(Set("<after/>"))).Bodies, Has.Count.EqualTo(2), "after nothing is from the beginning");
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
    public async Task A_set_that_is_not_in_order(string set, string condition) => (await Juliet.QueryAsync(Set(set))).Iq.ShouldBe(condition);

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
    public async Task A_field_that_is_not_in_order(string field, string value, string condition) => (await Juliet.QueryAsync(Form((field, value)))).Iq.ShouldBe(condition);

    [TestCase("<x xmlns='jabber:x:data' type='submit'/>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:1</value></field></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'/></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='cancel'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='ids'/></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field/></x>", "feature-not-implemented")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'><value>a.example</value><value>b.example</value></field></x>", "bad-request")]
    [TestCase("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'/><field var='with'/></x>", "bad-request")]
    [TestCase("<set xmlns='http://jabber.org/protocol/rsm'/><set xmlns='http://jabber.org/protocol/rsm'/>", "bad-request")]
    public async Task A_query_that_is_not_in_order(string content, string condition) => (await Juliet.QueryAsync(content)).Iq.ShouldBe(condition);

    [Test]
    public async Task Two_forms_too_many_ids_and_a_node()
    {
        (await Juliet.QueryAsync(Form() + Form())).Iq.ShouldBe("bad-request");
        (await Juliet.QueryAsync(Form([.. Enumerable.Repeat(("ids", "x"), 21)]))).Iq.ShouldBe("policy-violation");
        (await Juliet.QueryAsync(attributes: " node='princely_musings'")).Iq.ShouldBe("item-not-found");
    }

    [Test]
    public async Task A_field_without_a_value_and_groupchat_either_way_change_nothing()
    {
        await SayAsync(2);
        string empty = "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'/><field var='start'/><field var='end'/><field var='before-id'/><field var='after-id'/><field var='include-groupchat'/></x>";
        Assert.That((await Juliet.QueryAsync(empty)).Bodies, Has.Count.EqualTo(2));
        foreach (string value in new[] { "true", "false", "1", "0" })
            Assert.That((await Juliet.QueryAsync(Form(("include-groupchat", value)))).Bodies, Has.Count.EqualTo(2));
    }

    [Test, Property("Spec", "D-08")]
    public async Task The_archive_of_another_looks_like_that_of_nobody([Values("query", "metadata", "prefs")] string name, [Values("get", "set")] string type)
    {
        await SayAsync(1);
        Element his = await Juliet.AskAsync($"<iq type='{type}' id='1' to='romeo@localhost'><{name} xmlns='{Ns}'/></iq>");
        Element nobodys = await Juliet.AskAsync($"<iq type='{type}' id='1' to='nobody@localhost'><{name} xmlns='{Ns}'/></iq>");
        his.ShouldBe("service-unavailable");
        Assert.That(his.Faceless(), Is.EqualTo(nobodys.Faceless()));
    }
}
