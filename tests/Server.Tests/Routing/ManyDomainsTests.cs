using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Routing;

/// <summary>RFC 2779 §2.1.4, §2.1.5: any number of domains, and none of them is a matter of another.</summary>
public sealed class ManyDomainsTests : ServerFixture
{
    protected override void Configure(TestServer.Settings settings) =>
        settings.Options.Domains = [.. Enumerable.Range(0, 1000).Select(static i => $"d{i}.example")];

    [Test]
    public async Task A_thousand_domains_on_one_server_each_take_logins_and_reach_each_other()
    {
        int[] some = [0, 1, 99, 100, 101, 499, 500, 998, 999];
        foreach (int i in some)
            await Server.AddAccountsAsync($"admin@d{i}.example");
        List<TestClient> clients = [];
        foreach (int i in some)
            clients.Add(await Server.LoginAsync($"admin@d{i}.example/here"));
        for (int i = 0; i < some.Length; i++)
        {
            TestClient from = clients[i], to = clients[(i + 1) % some.Length];
            await from.SendAsync($"<message to='{to.Address.Bare}' type='chat' id='m{i}'><body>x</body></message>");
            await to.ExpectAsync($"<message from='{from.Address}' to='{to.Address.Bare}' id='m{i}'/>");
            Element info = await from.AskAsync($"<iq type='get' id='i{i}' to='{from.Address.Domain}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
            Assert.That((info["type"], info["from"]), Is.EqualTo(("result", from.Address.Domain)));
        }
    }

    [Test]
    public async Task The_same_name_in_two_domains_is_two_accounts_and_what_happens_to_one_leaves_the_other_alone()
    {
        const string One = "admin@d1.example", Two = "admin@d2.example", Friend = "friend@d3.example";
        await Server.AddAccountsAsync(One, Two, Friend);
        await Server.SubscribeAsync(Friend, One);
        await Server.SubscribeAsync(Friend, Two);
        TestClient one = await Server.LoginAsync(One + "/x"), two = await Server.LoginAsync(Two + "/x");
        (await one.AskAsync("<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>One</FN></vCard></iq>")).ShouldBeDone();
        (await two.AskAsync("<iq type='get' id='v'><vCard xmlns='vcard-temp'/></iq>")).ShouldBe("item-not-found");
        (await one.AskAsync("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='friend@d3.example'/></block></iq>")).ShouldBeDone();
        TestClient friend = await Server.ConnectAsync(Friend + "/x");
        await friend.SendAsync("<presence/>");
        await friend.ExpectAllAsync($"<presence from='{Friend}/x'/>", $"<presence from='{Two}/x'/>");
        await friend.ExpectNothingAsync();
        Assert.That(await Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(One), CancellationToken.None));
        Assert.That(two.IsClosed, Is.False);
        await friend.DrainAsync();
        await friend.SendAsync($"<presence to='{Two}' type='probe' id='p'/>");
        await friend.ExpectAsync($"<presence from='{Two}/x' type='' to='{Friend}/x'/>");
    }
}
