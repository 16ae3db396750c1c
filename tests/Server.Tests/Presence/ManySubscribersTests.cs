using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>RFC 2779 §2.2.4, §2.2.5, §3.2.3: hundreds on either side. Counts, not times.</summary>
public sealed class ManySubscribersTests : ServerFixture
{
    private const string Hub = "hub@localhost";

    [Test]
    public async Task At_a_login_with_five_hundred_contacts_each_is_told_and_heard_once()
    {
        string[] contacts = await FriendsAsync(500, SubscriptionState.Both);
        List<TestClient> there = [];
        foreach (string contact in contacts)
            there.Add(await Server.LoginAsync(contact + "/there", $"<presence><status>{contact}</status></presence>"));
        TestClient hub = await Server.ConnectAsync(Hub + "/desk");
        Element roster = await hub.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(roster.Child("jabber:iq:roster", "query")!.Children.Count(), Is.EqualTo(500));
        await hub.SendAsync("<presence/>");
        IReadOnlyList<Element> heard = [.. (await hub.DrainAsync()).Where(static stanza => stanza["from"] != Hub + "/desk")];
        Assert.That(heard.Select(static stanza => stanza["from"]), Is.EquivalentTo(contacts.Select(static contact => contact + "/there")));
        Assert.That(heard.Select(static stanza => stanza.Child(Namespaces.Client, "status")!.Text), Is.EquivalentTo(contacts));
        foreach (TestClient contact in there)
            Assert.That((await contact.DrainAsync()).Select(static stanza => stanza["from"]), Is.EqualTo(new[] { Hub + "/desk" }));
    }

    [Test]
    public async Task A_thousand_subscribers_each_hear_every_change_once_and_last_the_last()
    {
        string[] subscribers = await FriendsAsync(1000, SubscriptionState.From);
        List<TestClient> watching = [];
        foreach (string subscriber in subscribers)
            watching.Add(await Server.LoginAsync(subscriber + "/there"));
        TestClient hub = await Server.LoginAsync(Hub + "/desk");
        foreach (TestClient watcher in watching)
            Assert.That(await watcher.DrainAsync(), Has.Count.EqualTo(1));
        for (int change = 1; change <= 20; change++)
            await hub.SendAsync($"<presence><status>{change}</status></presence>");
        foreach (TestClient watcher in watching)
        {
            Assert.That((await watcher.DrainAsync()).Select(static stanza => stanza.Child(Namespaces.Client, "status")!.Text),
                Is.EqualTo(Enumerable.Range(1, 20).Select(static change => change.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        }
    }

    /// <summary>Contacts of the hub, on both sides as if they had come about by stanzas.</summary>
    private async Task<string[]> FriendsAsync(int count, SubscriptionState state)
    {
        string[] friends = [.. Enumerable.Range(0, count).Select(static i => $"friend{i}@localhost")];
        await Server.AddAccountsAsync(Hub);
        await Server.Get<AccountStore>().ImportAsync(friends.Select(friend => new Account(Jid.Parse(friend), Server.Clock.GetUtcNow())));
        var rosters = Server.Get<RosterStore>();
        var batch = new StorageBatch();
        for (int i = 0; i < count; i++)
        {
            rosters.Save(batch, Jid.Parse(Hub), Item(friends[i], state), i + 1);
            rosters.Save(batch, Jid.Parse(friends[i]), Item(Hub, state == SubscriptionState.Both ? state : SubscriptionState.To), 1);
        }
        await Server.Engine.Commit(batch);
        return friends;
    }

    private static RosterItem Item(string contact, SubscriptionState state) => new(Jid.Parse(contact)) { State = state, InRoster = true };
}
