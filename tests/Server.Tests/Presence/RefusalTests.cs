using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>RFC 2779 §5.1.5, §5.1.7, §5.1.9, §5.1.10: who asked learns how it ended, also when he was not there.</summary>
public sealed class RefusalTests : ServerFixture
{
    [SetUp]
    public Task AddAsync() => Server.AddAccountsAsync(Play.Romeo, Play.Juliet);

    [Test]
    public async Task A_refusal_while_one_was_away_is_seen_at_the_next_login([Values] bool granted)
    {
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<presence to='{Play.Juliet}' type='subscribe'/>");
        Assert.That(await StateAsync(romeo), Is.EqualTo(("none", "subscribe")));
        await romeo.DisconnectAsync();
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await juliet.SendAsync($"<presence to='{Play.Romeo}' type='{(granted ? "subscribed" : "unsubscribed")}'/>");
        await Server.CrashAsync();
        romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        Assert.That(await StateAsync(romeo), Is.EqualTo((granted ? "to" : "none", (string?)null)));
    }

    [Test]
    public async Task After_unsubscribing_not_one_presence_comes_whatever_the_other_does()
    {
        await Server.SubscribeAsync(Play.Romeo, Play.Juliet);
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard"), juliet = await Server.LoginAsync("juliet@localhost/balcony");
        Assert.That((await romeo.DrainAsync()).Select(static stanza => stanza["from"]), Is.EqualTo(new[] { "juliet@localhost/balcony" }));
        await romeo.SendAsync($"<presence to='{Play.Juliet}' type='unsubscribe'/>");
        Assert.That((await romeo.DrainAsync()).Select(static stanza => stanza["type"]), Is.All.EqualTo("unavailable"));
        Assert.That(await StateAsync(romeo), Is.EqualTo(("none", (string?)null)));
        await juliet.SendAsync("<presence><show>away</show></presence><presence type='unavailable'/><presence/>");
        await juliet.DisconnectAsync();
        TestClient again = await Server.LoginAsync("juliet@localhost/chamber");
        await again.SendAsync("<presence><show>dnd</show></presence>");
        await romeo.ExpectNothingAsync();
    }

    private static async Task<(string?, string?)> StateAsync(TestClient client)
    {
        await client.SendAsync("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
        Element roster = (await client.DrainAsync()).Single(static stanza => stanza["id"] == "roster");
        Element item = roster.Child("jabber:iq:roster", "query")!.Children.Single();
        return (item["subscription"], item["ask"]);
    }
}
