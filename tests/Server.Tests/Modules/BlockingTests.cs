using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Blocking;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0191: the commands and their pushes.</summary>
[Property("Spec", "BL-1")]
public sealed class BlockingTests : ServerFixture
{
    private const string Ns = "urn:xmpp:blocking";
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings) => settings.ModuleOptions.Set("blocking", new BlockingOptions { MaxItems = 3 });

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
    }

    [Test]
    public async Task The_list_is_empty_then_holds_what_was_blocked_also_after_a_crash()
    {
        Assert.That(await ListAsync(), Is.Empty);
        await juliet.SendAsync(Block("1", "romeo@montague.net", "Spam.Example/Bot", "Evil.example"));
        await juliet.ExpectAsync($"<iq type='set'><block xmlns='{Ns}'><item jid='romeo@montague.net'/><item jid='spam.example/Bot'/><item jid='evil.example'/></block></iq>");
        (await juliet.ExpectAsync("<iq type='result' id='1'/>")).ShouldBeDone();
        Assert.That(await ListAsync(), Is.EqualTo(new[] { "evil.example", "romeo@montague.net", "spam.example/Bot" }));
        await Server.CrashAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Assert.That(await ListAsync(), Is.EqualTo(new[] { "evil.example", "romeo@montague.net", "spam.example/Bot" }));
    }

    [Test]
    public async Task Unblocking_takes_away_what_is_named_or_everything()
    {
        (await juliet.AskAsync(Block("1", "a@x.example", "b@x.example", "c@x.example"))).ShouldBeDone();
        (await juliet.AskAsync(Unblock("2", "b@x.example", "never@blocked.example"))).ShouldBeDone();
        Assert.That(await ListAsync(), Is.EqualTo(new[] { "a@x.example", "c@x.example" }));
        // Asking for the list made this a resource that is told.
        await juliet.SendAsync(Unblock("3"));
        Element push = await juliet.ExpectAsync($"<iq type='set'><unblock xmlns='{Ns}'/></iq>");
        Assert.That(push.Children.Single().Nodes, Is.Empty);
        await juliet.ExpectAsync("<iq type='result' id='3'/>");
        Assert.That(await ListAsync(), Is.Empty);
        await Server.CrashAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Assert.That(await ListAsync(), Is.Empty);
    }

    [Test]
    public async Task Pushes_go_in_order_to_the_resources_that_asked_for_the_list_and_to_no_other()
    {
        TestClient asked = await Server.ConnectAsync("juliet@localhost/chamber");
        await asked.SendAsync($"<iq type='get' id='l'><blocklist xmlns='{Ns}'/></iq>");
        await asked.ExpectAsync($"<iq type='result' id='l'><blocklist xmlns='{Ns}'/></iq>");
        TestClient gone = await Server.ConnectAsync("juliet@localhost/gone");
        await gone.AskAsync($"<iq type='get' id='l'><blocklist xmlns='{Ns}'/></iq>");
        await gone.DisconnectAsync();

        (await juliet.AskAsync(Block("1", "a@x.example", "b@x.example"))).ShouldBeDone();
        (await juliet.AskAsync(Unblock("2", "a@x.example"))).ShouldBeDone();
        (await juliet.AskAsync(Block("3", "a@x.example"))).ShouldBeDone();
        Element first = await asked.ExpectAsync($"<iq type='set' from='' to='juliet@localhost/chamber'><block xmlns='{Ns}'><item jid='a@x.example'/><item jid='b@x.example'/></block></iq>");
        Element second = await asked.ExpectAsync($"<iq type='set' to='juliet@localhost/chamber'><unblock xmlns='{Ns}'><item jid='a@x.example'/></unblock></iq>");
        await asked.ExpectAsync($"<iq type='set' to='juliet@localhost/chamber'><block xmlns='{Ns}'><item jid='a@x.example'/></block></iq>");
        Assert.That(first["id"], Is.Not.Null.And.Not.EqualTo(second["id"]));
        await asked.SendAsync($"<iq type='result' id='{first["id"]}'/>");
        await asked.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task Bad_requests_change_nothing()
    {
        (await juliet.AskAsync(Block("1"))).ShouldBe("bad-request");
        (await juliet.AskAsync($"<iq type='set' id='2'><block xmlns='{Ns}'><item/></block></iq>")).ShouldBe("bad-request");
        (await juliet.AskAsync($"<iq type='set' id='3'><unblock xmlns='{Ns}'><other/></unblock></iq>")).ShouldBe("bad-request");
        (await juliet.AskAsync(Block("4", "a@x.example", "@@"))).ShouldBe("jid-malformed");
        (await juliet.AskAsync(Block("5", "a@x.example", "juliet@localhost"))).ShouldBe("not-allowed");
        (await juliet.AskAsync(Block("6", "juliet@localhost/chamber"))).ShouldBe("not-allowed");
        (await juliet.AskAsync(Block("7", "a@x", "b@x", "c@x", "d@x"))).ShouldBe("policy-violation");
        Assert.That(await ListAsync(), Is.Empty);
    }

    [Test, Property("Spec", "D-08")]
    public async Task Nobody_else_reads_or_changes_the_list()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        foreach (string payload in new[] { "get'><blocklist", "set'><unblock", "set'><block" })
        {
            string type = payload[..3], name = payload[6..];
            string her = (await romeo.AskAsync($"<iq id='1{name}' to='juliet@localhost' type='{type}'><{name} xmlns='{Ns}'/></iq>")).Faceless();
            string nobody = (await romeo.AskAsync($"<iq id='2{name}' to='nobody@localhost' type='{type}'><{name} xmlns='{Ns}'/></iq>")).Faceless();
            Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
        }
    }

    private async Task<IEnumerable<string?>> ListAsync() =>
        (await juliet.AskAsync($"<iq type='get' id='{Guid.NewGuid()}'><blocklist xmlns='{Ns}'/></iq>")).Child(Ns, "blocklist")!.Children.Select(item => item["jid"]);

    private static string Block(string id, params string[] jids) => Command(id, "block", jids);

    private static string Unblock(string id, params string[] jids) => Command(id, "unblock", jids);

    private static string Command(string id, string command, string[] jids) =>
        $"<iq type='set' id='{id}'><{command} xmlns='{Ns}'>{string.Concat(jids.Select(jid => $"<item jid='{jid}'/>"))}</{command}></iq>";
}
