using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Services;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Tests.Presence;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Services;

/// <summary>Presence can be had without messaging, and messaging without presence (RFC 2779 §2.1.1).</summary>
public sealed class ServicesTests : WatcherFixture
{
    private const string Fetch = "<iq type='get' id='f' to='juliet@localhost'><fetch xmlns='urn:x-presencexml:fetch:0'/></iq>";

    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.Options.Domains = ["localhost", "words.example", "faces.example"];
        settings.ModuleOptions.Set("services", new ServicesOptions { WithoutPresence = ["Words.example"], WithoutMessages = ["faces.example"] });
    }

    private async Task SwitchAsync(ServicesOff off, string account = Juliet) =>
        Assert.That(await Server.Get<ServiceChanges>().SetAsync(Jid.Parse(account), off, CancellationToken.None));

    private async Task<(TestClient Juliet, IWatcher Romeo)> MeetAsync(bool isLocal)
    {
        await Server.AddAccountsAsync(Juliet, Romeo);
        if (isLocal)
        {
            await Server.SubscribeAsync(Romeo, Juliet);
            await Server.SubscribeAsync(Juliet, Romeo);
        }
        else
        {
            await BefriendRemoteAsync();
        }
        IWatcher romeo = await WatcherAsync(isLocal);
        TestClient juliet = await LoginAsync(Juliet + "/balcony");
        await romeo.GotAsync();
        await juliet.DrainAsync();
        return (juliet, romeo);
    }

    // Both ways, by what each says.
    private async Task BefriendRemoteAsync()
    {
        TestClient juliet = await Server.ConnectAsync(Juliet + "/befriends");
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Juliet}' type='subscribe'/>");
        await juliet.SendAsync($"<presence to='{Tybalt}' type='subscribed'/><presence to='{Tybalt}' type='subscribe'/>");
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Juliet}' type='subscribed'/>");
        await juliet.DisconnectAsync();
        Remote.Drain();
    }

    [Test]
    public async Task Without_presence_subscribers_see_it_go_and_nothing_after_that([Values] bool isLocal)
    {
        (TestClient juliet, IWatcher romeo) = await MeetAsync(isLocal);
        await SwitchAsync(ServicesOff.Presence);
        Assert.That(await romeo.GotAsync(), Is.EqualTo(new[] { "unavailable juliet@localhost/balcony" }));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        await romeo.SendAsync($"<presence to='{Juliet}' type='probe'/>");
        TestClient second = await LoginAsync(Juliet + "/garden");
        await second.DisconnectAsync();
        Assert.That(await romeo.GotAsync(), Has.None.Contains("available juliet@localhost/").And.None.Contains("away"));
        await SwitchAsync(ServicesOff.None);
        Assert.That(await romeo.GotAsync(), Does.Contain("available juliet@localhost/balcony away"));
    }

    [Test]
    public async Task Without_presence_it_sees_nobody_and_asks_for_nobody()
    {
        (TestClient juliet, _) = await MeetAsync(isLocal: false);
        await Server.SubscribeAsync(Juliet, Romeo);
        TestClient romeo = await LoginAsync(Romeo + "/orchard");
        await Remote.SendAsync($"<presence from='{Street}' to='{Juliet}'/>");
        await juliet.DrainAsync();
        await SwitchAsync(ServicesOff.Presence);
        Assert.That((await juliet.DrainAsync()).Select(Describe), Is.EquivalentTo(new[] { "unavailable romeo@localhost/orchard", $"unavailable {Tybalt}" }));
        Remote.Drain();
        await romeo.SendAsync("<presence><show>dnd</show></presence>");
        await Remote.SendAsync($"<presence from='{Street}' to='{Juliet}'><show>dnd</show></presence>");
        await Remote.SendAsync($"<presence from='paris@elsewhere.example' to='{Juliet}' type='subscribe'/>");
        Assert.That(await juliet.DrainAsync(), Is.Empty);
        TestClient second = await Server.LoginAsync(Juliet + "/garden");
        Assert.That((await second.DrainAsync()).Select(static stanza => stanza["from"]), Has.None.Contains("romeo").And.None.Contains("tybalt"));
        Remote.ExpectNothing();
        await SwitchAsync(ServicesOff.None);
        Assert.That((await second.DrainAsync()).Select(Describe), Does.Contain("available romeo@localhost/orchard dnd"));
        Assert.That(Remote.Drain().Select(static stanza => $"{stanza["type"]} {stanza["to"]}"), Does.Contain($"probe {Tybalt}"));
    }

    [Test]
    public async Task Without_presence_its_client_is_told_and_messages_come_and_go()
    {
        (TestClient juliet, _) = await MeetAsync(isLocal: true);
        TestClient romeo = await Server.ConnectAsync(Romeo + "/street");
        await SwitchAsync(ServicesOff.Presence);
        await juliet.DrainAsync();
        await juliet.SendAsync("<presence to='paris@localhost' type='subscribe' id='s'/><presence to='room@rooms.example/j' id='d'/><iq type='get' id='f' to='romeo@localhost'><fetch xmlns='urn:x-presencexml:fetch:0'/></iq>");
        Assert.That((await juliet.DrainAsync()).Select(static stanza => $"{stanza["id"]} {stanza["type"]} {stanza.Child("jabber:client", "error")?.Children.First().LocalName}"), Is.EqualTo(new[] { "s error not-allowed", "d error not-allowed", "f error not-allowed" }));
        await juliet.SendAsync($"<message to='{Romeo}/street' type='chat'><body>one</body></message>");
        await romeo.ExpectAsync($"<message from='{Juliet}/balcony' to='{Romeo}/street' type='chat'><body>one</body></message>");
        await romeo.SendAsync($"<message to='{Juliet}' type='chat'><body>two</body></message>");
        await juliet.ExpectAsync($"<message from='{Romeo}/street' to='{Juliet}' type='chat'><body>two</body></message>");
    }

    [Test]
    public async Task Without_messages_it_is_to_others_as_if_it_were_not_there_and_presence_goes_on([Values] bool isLocal)
    {
        (TestClient juliet, IWatcher romeo) = await MeetAsync(isLocal);
        await SwitchAsync(ServicesOff.Messages);
        await romeo.SendAsync($"<message to='{Juliet}/balcony' id='m'><body>one</body></message>");
        Assert.That(await romeo.GotAsync(), Is.EqualTo(new[] { "error service-unavailable" }));
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='c'><body>one</body></message>");
        Assert.That((await romeo.RawAsync()).Single().ToString(), Does.Contain("service-unavailable").And.Contain("takes no messages"), "a contact is told");
        await juliet.SendAsync("<presence><show>away</show></presence>");
        Assert.That(await romeo.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony away" }));
        await juliet.SendAsync($"<message to='{romeo.Bare}' id='o'><body>two</body></message>");
        Element error = (await juliet.DrainAsync()).Single(static stanza => stanza["id"] == "o");
        Assert.That(error.ToString(), Does.Contain("not-allowed").And.Contain("has no messages"));
        Assert.That(await romeo.GotAsync(), Is.Empty);
        if (isLocal)
        {
            await romeo.SendAsync(Fetch);
            Assert.That((await romeo.RawAsync()).Single().ToString(), Does.Match("<tuple [^>]*><status><basic>closed</basic>.{0,400}<contact[^>]*>im:juliet@localhost</contact>"));
        }
        await SwitchAsync(ServicesOff.None);
        await romeo.SendAsync($"<message to='{Juliet}/balcony' id='m'><body>three</body></message>");
        Assert.That((await juliet.DrainAsync()).Single(static stanza => stanza.LocalName == "message").ToString(), Does.Contain("three"));
    }

    [Test]
    public async Task A_domain_may_offer_one_of_them_only_and_what_is_switched_survives_a_restart()
    {
        const string Words = "paris@words.example", Faces = "nurse@faces.example";
        await Server.AddAccountsAsync(Words, Faces, Juliet);
        await SwitchAsync(ServicesOff.Presence);
        await Server.RestartAsync();
        TestClient words = await LoginAsync(Words + "/x"), faces = await LoginAsync(Faces + "/x"), juliet = await LoginAsync(Juliet + "/x");
        foreach ((TestClient client, bool hasPresence) in new[] { (words, false), (faces, true), (juliet, false) })
        {
            await client.DrainAsync();
            await client.SendAsync("<presence to='romeo@localhost' type='subscribe' id='s'/><message to='romeo@localhost/none' id='m'><body>x</body></message>");
            string told = string.Concat((await client.DrainAsync()).Select(static stanza => $"{stanza["id"]} {stanza.Child("jabber:client", "error")?.Children.First().LocalName};"));
            Assert.That(told, hasPresence ? Does.Contain("m not-allowed;").And.Not.Contain("s ") : Does.Contain("s not-allowed;").And.Not.Contain("m not-allowed"));
        }
    }
}
