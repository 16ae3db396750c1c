using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>Contacts by the thousand, at servers by the thousand: what is remembered of them is bounded, and goes when they do.</summary>
public sealed class RemoteScaleTests : RemoteFixture
{
    private const int Contacts = 10_000;
    private const int Domains = 5_000;
    private TestClient romeo = null!;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await BefriendAllAsync(romeo.Session.Presentity);
    }

    [Test, Property("Spec", "P-02,P-03,P-11,D-10")]
    public async Task All_are_told_and_asked_once()
    {
        await romeo.SendAsync("<presence/>");
        IReadOnlyList<Element> sent = Remote.Drain();
        Assert.That(sent.Count(static stanza => stanza["type"] is null), Is.EqualTo(Contacts));
        Assert.That(sent.Count(static stanza => stanza["type"] == "probe"), Is.EqualTo(Contacts));
        await romeo.DisconnectAsync();
        Assert.That(Remote.Drain(), Has.Count.EqualTo(Contacts).And.All.Matches<Element>(static stanza => stanza["type"] == "unavailable"));
    }

    [Test, Property("Spec", "D-10")]
    public async Task What_is_remembered_of_who_was_shown_is_bounded_and_goes_with_them()
    {
        ShownPlaces places = Server.Get<Presentities>().Places;
        await romeo.SendAsync("<presence/>");
        Remote.Drain();
        for (int i = 0; i < Contacts; i++)
            await Remote.SendAsync($"<presence from='{Contact(i)}/x' to='romeo@localhost'/>");
        Assert.That(places.Count, Is.EqualTo(ShownPresences.Most), "the first of each domain");
        await romeo.DrainAsync();
        Remote.EndStream(isLost: false);
        for (int i = 0; i < Domains; i++)
            Remote.Lose("localhost", $"d{i}.example");
        Assert.That((await romeo.DrainAsync()).Count(static stanza => stanza["type"] == "unavailable"), Is.EqualTo(ShownPresences.Most));
        Assert.That(places.Count, Is.Zero);
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(Remote.Drain(), Has.Count.EqualTo(ShownPresences.Most), "one question a domain");
        Assert.That(Server.Clock.TimersOf<LostServers>(), Is.EqualTo(1));
        await romeo.DisconnectAsync();
        Remote.Drain();
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Remote.ExpectNothing();
        Assert.That(Server.Clock.TimersOf<LostServers>(), Is.Zero, "nobody waits for any of them");
    }

    [Test]
    public async Task Who_left_by_himself_is_remembered_nowhere()
    {
        ShownPlaces places = Server.Get<Presentities>().Places;
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync("<presence/>");
        await juliet.SendAsync("<presence to='hall@rooms.example/juliet'/>");
        await Remote.SendAsync("<presence from='hall@rooms.example/juliet' to='juliet@localhost/balcony'/><presence from='hall@rooms.example/paris' to='juliet@localhost/balcony'/>");
        await Remote.SendAsync($"<presence from='{Contact(1)}/x' to='romeo@localhost'/><presence from='{Contact(2)}/x' to='romeo@localhost'/>");
        Assert.That(places.Count, Is.EqualTo(3));
        await Remote.SendAsync($"<presence from='{Contact(1)}/x' to='romeo@localhost' type='unavailable'/>");
        await Remote.SendAsync("<presence from='hall@rooms.example/paris' to='juliet@localhost/balcony' type='unavailable'/>");
        Assert.That(places.Count, Is.EqualTo(2));
        await romeo.SendAsync("<presence type='unavailable'/>");
        await juliet.DisconnectAsync();
        Assert.That(places.Count, Is.Zero);
    }

    private static string Contact(int number) => $"w{number}@d{number % Domains}.example";

    private static async Task BefriendAllAsync(Presentity presentity)
    {
        var batch = new StorageBatch();
        Task commit;
        lock (presentity.Gate)
        {
            for (int i = 0; i < Contacts; i++)
                presentity.Roster.Save(batch, new RosterItem(Jid.Parse(Contact(i))) { State = SubscriptionState.Both, InRoster = true });
            commit = presentity.Commit(batch);
        }
        await commit;
    }
}
