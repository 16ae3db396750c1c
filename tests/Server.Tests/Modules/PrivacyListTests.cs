using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Privacy;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0016: the requests of the owner, their errors and pushes.</summary>
public sealed class PrivacyListTests : ServerFixture
{
    private const string Ns = "jabber:iq:privacy";
    private const string Deny = "<item type='jid' value='tybalt@example.com' action='deny' order='3'/>";
    private TestClient juliet = null!;
    private int number;

    protected override void Configure(TestServer.Settings settings) => settings.ModuleOptions.Set("privacyLists", new PrivacyOptions { MaxLists = 2, MaxItems = 4 });

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
    }

    [Test]
    public async Task Lists_are_kept_as_they_were_said_also_after_a_crash()
    {
        const string Items =
            "<item type='subscription' value='both' action='allow' order='10'><message/><presence-out/></item>"
            + "<item type='jid' value='tybalt@example.com/pda' action='deny' order='11'><iq/><presence-in/></item><item action='deny' order='4000000000'/>";
        (await SetAsync(juliet, $"<list name='public'>{Items}</list>")).ShouldBeDone();
        (await SetAsync(juliet, "<default name='public'/>")).ShouldBeDone();
        (await SetAsync(juliet, "<active name='public'/>")).ShouldBeDone();
        await juliet.DrainAsync();
        Assert.That(Names(await GetAsync("")), Is.EqualTo(new[] { "active public", "default public", "list public" }));
        await Server.CrashAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Assert.That(Names(await GetAsync("")), Is.EqualTo(new[] { "default public", "list public" }), "an active list ends with its session");
        Element list = (await GetAsync("<list name='public'/>")).Child(Ns, "query")!.Children.Single();
        Assert.That(
            list.Children.Select(item => string.Join(' ', [item["type"] ?? "all", item["value"] ?? "-", item["action"]!, item["order"]!, .. item.Children.Select(child => child.LocalName)])),
            Is.EqualTo(new[] { "subscription both allow 10 message presence-out", "jid tybalt@example.com/pda deny 11 iq presence-in", "all - deny 4000000000" }));
    }

    [TestCase("<list name='none'/>", "item-not-found")]
    [TestCase("<list name='a'/><list name='b'/>", "bad-request")]
    [TestCase("<list/>", "bad-request")]
    [TestCase("<active/>", "bad-request")]
    public async Task What_cannot_be_read_is_refused(string query, string error) => (await GetAsync(query)).ShouldBe(error);

    [TestCase("", "bad-request")]
    [TestCase("<active name='none'/>", "item-not-found")]
    [TestCase("<default name='none'/>", "item-not-found")]
    [TestCase("<list name='none'/>", "item-not-found")]
    [TestCase("<active/><default/>", "bad-request")]
    [TestCase("<list><item action='deny' order='1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item action='deny' order='1'/><item action='allow' order='1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item action='deny'/></list>", "bad-request")]
    [TestCase("<list name='x'><item action='deny' order='-1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item action='maybe' order='1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item type='jid' value='@@' action='deny' order='1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item type='subscription' value='some' action='deny' order='1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item type='planet' value='mars' action='deny' order='1'/></list>", "bad-request")]
    [TestCase("<list name='x'><item action='deny' order='1'><presence/></item></list>", "bad-request")]
    [TestCase("<list name='x'><item type='group' value='Enemies' action='deny' order='1'/></list>", "item-not-found")]
    [TestCase("<list name='x'><item action='deny' order='1'/><item action='deny' order='2'/><item action='deny' order='3'/><item action='deny' order='4'/><item action='deny' order='5'/></list>", "policy-violation")]
    public async Task What_cannot_be_done_is_refused_and_changes_nothing(string query, string error)
    {
        (await SetAsync(juliet, query)).ShouldBe(error);
        Assert.That(Names(await GetAsync("")), Is.Empty);
    }

    [Test]
    public async Task There_are_no_more_lists_than_may_be()
    {
        (await SetAsync(juliet, $"<list name='a'>{Deny}</list>")).ShouldBeDone();
        (await SetAsync(juliet, $"<list name='b'>{Deny}</list>")).ShouldBeDone();
        (await SetAsync(juliet, $"<list name='c'>{Deny}</list>")).ShouldBe("policy-violation");
        (await SetAsync(juliet, $"<list name='b'>{Deny}</list>")).ShouldBeDone();
    }

    [Test]
    public async Task Each_change_of_a_list_is_pushed_by_name_to_all_connected_resources()
    {
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        (await SetAsync(juliet, $"<list name='a'>{Deny}</list>")).ShouldBeDone();
        (await SetAsync(juliet, "<list name='a'/>")).ShouldBeDone();
        Element[] pushes = [.. await phone.DrainAsync()];
        Assert.That(pushes, Has.Length.EqualTo(2));
        foreach (Element push in pushes)
        {
            Assert.That(push["type"], Is.EqualTo("set"));
            Element list = push.Child(Ns, "query")!.Children.Single();
            Assert.That((list.LocalName, list["name"], list.Children.Any()), Is.EqualTo(("list", "a", false)));
        }
    }

    [Test]
    public async Task What_applies_to_another_resource_is_neither_removed_nor_replaced_as_the_default()
    {
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        (await SetAsync(juliet, $"<list name='a'>{Deny}</list>")).ShouldBeDone();
        (await SetAsync(juliet, $"<list name='b'>{Deny}</list>")).ShouldBeDone();
        (await SetAsync(juliet, "<default name='a'/>")).ShouldBeDone();
        (await SetAsync(juliet, "<default name='b'/>")).ShouldBe("conflict");
        (await SetAsync(juliet, "<default/>")).ShouldBe("conflict");
        (await SetAsync(juliet, "<list name='a'/>")).ShouldBe("conflict");
        (await SetAsync(phone, "<active name='b'/>")).ShouldBeDone();
        (await SetAsync(juliet, "<list name='b'/>")).ShouldBe("conflict");
        (await SetAsync(juliet, "<list name='a'/>")).ShouldBeDone();
        (await SetAsync(phone, "<active/>")).ShouldBeDone();
        (await SetAsync(juliet, "<list name='b'/>")).ShouldBeDone();
        await juliet.DrainAsync();
        Assert.That(Names(await GetAsync("")), Is.Empty);
    }

    [Test, Property("Spec", "D-08")]
    public async Task Nobody_else_reads_or_changes_them()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        foreach (string type in new[] { "get", "set" })
        {
            string her = (await romeo.AskAsync($"<iq id='1{type}' to='juliet@localhost' type='{type}'><query xmlns='{Ns}'/></iq>")).Faceless();
            string nobody = (await romeo.AskAsync($"<iq id='2{type}' to='nobody@localhost' type='{type}'><query xmlns='{Ns}'/></iq>")).Faceless();
            Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
        }
    }

    private async Task<Element> GetAsync(string query) => await juliet.AskAsync($"<iq type='get' id='g{++number}'><query xmlns='{Ns}'>{query}</query></iq>");

    private async Task<Element> SetAsync(TestClient client, string query)
    {
        string id = $"s{++number}";
        await client.SendAsync($"<iq type='set' id='{id}'><query xmlns='{Ns}'>{query}</query></iq>");
        return (await client.DrainAsync()).Single(stanza => stanza["id"] == id);
    }

    private static IEnumerable<string> Names(Element result) => result.Child(Ns, "query")!.Children.Select(child => $"{child.LocalName} {child["name"]}");
}
