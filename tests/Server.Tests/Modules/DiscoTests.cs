using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Disco;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0030, XEP-0115 of the server, XEP-0157.</summary>
public sealed class DiscoTests : ServerFixture
{
    private const string Info = DiscoInfo.Ns;
    private const string Items = DiscoModule.ItemsNs;

    protected override void Configure(TestServer.Settings settings) => settings.ModuleOptions.Set("disco", new DiscoOptions
    {
        ContactAddresses = new() { Abuse = ["mailto:abuse@localhost", "xmpp:abuse@localhost"], Status = ["https://status.localhost/"] },
    });

    [SetUp]
    public Task AddAccountsAsync() => Server.AddAccountsAsync("juliet@localhost", "romeo@localhost", "tybalt@localhost");

    [Test]
    public async Task The_domain_tells_who_it_is_what_modules_declared_and_whom_to_turn_to()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync(Ask("1", Info, "localhost"));
        Element query = (await juliet.ExpectAsync($"""
            <iq type='result' id='1' from='localhost'><query xmlns='{Info}' node=''>
            <identity category='server' type='im' name='PresenceXml'/>
            <x xmlns='jabber:x:data' type='result'>
            <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field>
            <field var='abuse-addresses'><value>mailto:abuse@localhost</value><value>xmpp:abuse@localhost</value></field>
            <field var='status-addresses'><value>https://status.localhost/</value></field></x></query></iq>
            """)).Children.Single();
        string?[] features = [.. query.Children.Where(child => child.LocalName == "feature").Select(child => child["var"])];
        Assert.That(features, Is.EqualTo(Server.Get<ServiceCatalog>().Features(Addressee.Domain)));
        Assert.That(features, Is.Unique.And.SupersetOf(new[]
        {
            Info, Items, "http://jabber.org/protocol/caps", "urn:xmpp:ping", "jabber:iq:version", "urn:xmpp:time", "jabber:iq:last",
            "jabber:iq:private", "vcard-temp", "urn:xmpp:blocking", "jabber:iq:register", "msgoffline", DiscoModule.NoDisclosure,
        }));
    }

    [Test]
    public async Task An_account_tells_its_owner_that_its_stanza_ids_are_its_own()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync(Ask("1", Info, "juliet@localhost"));
        await juliet.ExpectAsync($"<iq type='result' id='1'><query xmlns='{Info}' node=''><identity category='account' type='registered'/><feature var='urn:xmpp:sid:0'/></query></iq>");
    }

    [Test]
    public async Task The_capabilities_in_the_stream_features_are_those_answered_for_their_node()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Element caps = Server.Get<ServiceCatalog>().StreamFeatures().Single(feature => feature.Is("http://jabber.org/protocol/caps", "c"));
        Assert.That(caps["hash"], Is.EqualTo("sha-1"));
        string node = caps["node"] + "#" + caps["ver"];
        Element query = (await juliet.AskAsync(Ask("1", Info, "localhost", node))).Child(Info, "query")!;
        Assert.That(query["node"], Is.EqualTo(node));
        // Worked out anew from what went over the wire.
        var read = new DiscoInfo(
            [.. query.Children.Where(child => child.Is(Info, "identity")).Select(child => new DiscoIdentity(child["category"]!, child["type"]!, null, child["name"]))],
            [.. query.Children.Where(child => child.Is(Info, "feature")).Select(child => child["var"]!)],
            [.. query.Children.Where(child => child.Is("jabber:x:data", "x"))]);
        Assert.That(read.VerificationString(), Is.EqualTo(caps["ver"]));
        Element plain = (await juliet.AskAsync(Ask("2", Info, "localhost"))).Child(Info, "query")!;
        Assert.That(plain.ToString(), Is.EqualTo(query.With("node", null).ToString()));
    }

    [TestCase(Info)]
    [TestCase(Items)]
    public async Task An_unknown_node_is_not_found(string ns)
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        (await juliet.AskAsync(Ask("1", ns, "localhost", "nonsense"))).ShouldBe("item-not-found");
        (await juliet.AskAsync(Ask("2", ns, "juliet@localhost", "nonsense"))).ShouldBe("item-not-found");
        (await juliet.AskAsync(Ask("3", ns, "localhost", DiscoModule.CapsNode + "#old"))).ShouldBe("item-not-found");
    }

    [Test]
    public async Task The_domain_has_the_items_that_are_parts_of_it()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync(Ask("1", Items, "localhost"));
        Element answer = await juliet.ExpectAsync($"<iq type='result' id='1'><query xmlns='{Items}'/></iq>");
        Assert.That(answer.Children.Single().Children.Select(static item => item["jid"]), Is.EqualTo(new[] { "watchers.localhost" }));
    }

    [Test]
    public async Task The_owner_and_friends_see_the_account_and_its_available_resources()
    {
        await Server.BefriendAsync("juliet@localhost", "romeo@localhost");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await Server.ConnectAsync("juliet@localhost/silent");
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await juliet.DrainAsync();
        foreach (TestClient client in new[] { juliet, romeo })
        {
            await client.SendAsync(Ask("1", Info, "juliet@localhost"));
            Element info = await client.ExpectAsync($"<iq type='result' id='1' from='juliet@localhost'><query xmlns='{Info}'><identity category='account' type='registered'/></query></iq>");
            Assert.That(info.Children.Single().Children.Where(child => child.LocalName == "feature").Select(child => child["var"]), Is.EqualTo(Server.Get<ServiceCatalog>().Features(Addressee.Account)));
            await client.SendAsync(Ask("2", Items, "juliet@localhost"));
            Element items = await client.ExpectAsync($"<iq type='result' id='2'><query xmlns='{Items}'><item jid='juliet@localhost/balcony'/></query></iq>");
            Assert.That(items.Children.Single().Children.Count(), Is.EqualTo(1));
        }
        await juliet.SendAsync($"<iq type='get' id='3'><query xmlns='{Info}'/></iq>");
        await juliet.ExpectAsync($"<iq type='result' id='3'><query xmlns='{Info}'><identity category='account' type='registered'/></query></iq>");
    }

    [Test, Property("Spec", "D-08")]
    public async Task A_stranger_cannot_tell_online_offline_blocking_and_nobody_apart([Values(Info, Items)] string ns, [Values(null, "nonsense")] string? node)
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        string online = (await tybalt.AskAsync(Ask("1", ns, "juliet@localhost", node))).Faceless();
        string offline = (await tybalt.AskAsync(Ask("2", ns, "romeo@localhost", node))).Faceless();
        await juliet.AskAsync("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='tybalt@localhost'/></block></iq>");
        string blocking = (await tybalt.AskAsync(Ask("3", ns, "juliet@localhost", node))).Faceless();
        string nobody = (await tybalt.AskAsync(Ask("4", ns, "nobody@localhost", node))).Faceless();
        Assert.That(new[] { online, offline, blocking }, Is.All.EqualTo(nobody).And.All.Contain("service-unavailable"));
    }

    private static string Ask(string id, string ns, string to, string? node = null) =>
        $"<iq type='get' id='{id}' to='{to}'><query xmlns='{ns}'{(node is null ? "" : $" node='{node}'")}/></iq>";
}
