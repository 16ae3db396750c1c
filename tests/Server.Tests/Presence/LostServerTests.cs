using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>What our users see of contacts at a server that cannot be reached (XEP-0310), and what is done when it is back.</summary>
public sealed class LostServerTests : RemoteFixture
{
    private const string Mark = "<state-annotation xmlns='urn:xmpp:psa' from='localhost'><server-unavailable/></state-annotation>";
    private TestClient romeo = null!;

    [SetUp]
    public async Task SeeTybaltAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await BefriendAsync();
        romeo = await LoginAsync("romeo@localhost/orchard");
        await Remote.SendAsync($"<presence from='{Street}' to='romeo@localhost'><show>away</show></presence>");
        await romeo.DrainAsync();
        Remote.EndStream(isLost: false);
    }

    [Test]
    public async Task What_was_shown_is_taken_back_once()
    {
        TestClient other = await LoginAsync("romeo@localhost/other");
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await romeo.DrainAsync();
        Remote.Lose("localhost", "elsewhere.example");
        foreach (TestClient client in new[] { romeo, other })
        {
            await client.ExpectAsync($"<presence from='{Street}' to='romeo@localhost' type='unavailable'>{Mark}</presence>");
            await client.ExpectNothingAsync();
        }
        await juliet.ExpectNothingAsync();
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task What_was_not_shown_or_is_gone_already_is_not_taken_back()
    {
        await Remote.SendAsync("<presence from='stranger@elsewhere.example/x' to='romeo@localhost'/>");
        await Remote.SendAsync($"<presence from='{Tybalt}/phone' to='romeo@localhost'/><presence from='{Tybalt}/phone' to='romeo@localhost' type='unavailable'/>");
        await Remote.SendAsync($"<presence from='{Tybalt}/tablet' to='romeo@localhost'/><presence from='{Tybalt}/tablet' to='romeo@localhost' type='error'>{Unavailable}</presence>");
        await romeo.DrainAsync();
        Remote.EndStream(isLost: false);
        Remote.Lose("localhost", "third.example");
        await romeo.ExpectNothingAsync();
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.ExpectAsync($"<presence from='{Street}' type='unavailable'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task A_session_that_came_after_all_had_gone_hears_nothing_of_it()
    {
        await romeo.SendAsync("<presence type='unavailable'/><presence/>");
        await romeo.DrainAsync();
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task While_the_server_has_a_stream_to_us_nothing_is_stale()
    {
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost' type='headline'/>");
        await romeo.DrainAsync();
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.ExpectNothingAsync();
        Remote.EndStream(isLost: false);
        Remote.ExpectNothing();
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.ExpectAsync($"<presence from='{Street}' type='unavailable'/>");
    }

    [Test]
    public async Task A_stream_that_breaks_off_has_the_server_asked_once()
    {
        await Remote.SendAsync($"<presence from='{Tybalt}/phone' to='romeo@localhost'/>");
        Remote.EndStream(isLost: true);
        Remote.Expect($"<presence from='romeo@localhost' to='{Tybalt}' type='probe'/>");
        Remote.ExpectNothing();
    }

    [Test]
    public async Task When_the_server_is_back_its_users_are_asked_for_until_they_answer()
    {
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.DrainAsync();
        await Remote.SendAsync("<message from='paris@elsewhere.example/hall' to='romeo@localhost' id='m'><body>x</body></message>");
        Remote.Expect($"<presence from='romeo@localhost' to='{Tybalt}' type='probe'/>");
        Remote.ExpectNothing();
        await Remote.SendAsync("<message from='paris@elsewhere.example/hall' to='romeo@localhost' id='m2'><body>x</body></message>");
        Remote.ExpectNothing();
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        Remote.Expect($"<presence from='romeo@localhost' to='{Tybalt}' type='probe'/>");
        await Remote.SendAsync($"<presence from='{Tybalt}' to='romeo@localhost' type='unavailable'/>");
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Remote.ExpectNothing();
    }

    [Test]
    public void A_server_that_never_answers_is_not_asked_for_ever()
    {
        Remote.Lose("localhost", "elsewhere.example");
        Server.Clock.Advance(TimeSpan.FromHours(1));
        int away = Remote.Drain().Count;
        Assert.That(away, Is.InRange(5, 10), "ever more seldom: 1, 2, 4, 8, then every 10 minutes");
        Assert.That(Server.Clock.TimersOf<LostServers>(), Is.EqualTo(1));
        Remote.SendAsync("<message from='paris@elsewhere.example/hall' to='romeo@localhost' type='headline'/>").GetAwaiter().GetResult();
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(Remote.Drain(), Has.Count.EqualTo(3).And.All.Matches<Element>(probe => probe["type"] == "probe"));
        Assert.That(Server.Clock.TimersOf<LostServers>(), Is.Zero, "nothing ticks for it any more");
    }

    [Test]
    public async Task Who_was_not_missed_any_more_is_not_asked_for()
    {
        Remote.Lose("localhost", "elsewhere.example");
        await romeo.SendAsync("<presence type='unavailable'/>");
        Remote.Drain();
        await Remote.SendAsync("<message from='paris@elsewhere.example/hall' to='romeo@localhost' type='headline'/>");
        Remote.ExpectNothing();
    }

    [Test]
    public async Task A_room_that_cannot_be_reached_is_left_by_its_occupants_and_not_asked()
    {
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence to='hall@rooms.example/juliet'/>");
        await Remote.SendAsync("<presence from='hall@rooms.example/paris' to='juliet@localhost/balcony'/><presence from='hall@rooms.example/juliet' to='juliet@localhost/balcony'/>");
        await juliet.DrainAsync();
        Remote.Drain();
        Remote.EndStream(isLost: false);
        Remote.Lose("localhost", "rooms.example");
        await juliet.ExpectAllAsync(
            $"<presence from='hall@rooms.example/paris' to='juliet@localhost/balcony' type='unavailable'>{Mark}</presence>",
            $"<presence from='hall@rooms.example/juliet' to='juliet@localhost/balcony' type='unavailable'>{Mark}</presence>");
        await juliet.ExpectNothingAsync();
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Remote.ExpectNothing();
        await juliet.DisconnectAsync();
        Remote.Expect("<presence from='juliet@localhost/balcony' to='hall@rooms.example/juliet' type='unavailable'/>");
    }

    [Test, Property("Spec", "P-05")]
    public async Task A_contact_without_a_resource_says_so_for_those_that_were_seen()
    {
        await Remote.SendAsync($"<presence from='{Tybalt}' to='romeo@localhost' type='unavailable' id='p'/>");
        await romeo.ExpectAsync($"<presence from='{Street}' to='romeo@localhost' type='unavailable'/>");
        await romeo.ExpectAsync($"<presence from='{Tybalt}' to='romeo@localhost' type='unavailable'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task Presence_and_a_lost_server_at_once_leave_the_client_with_what_is_remembered()
    {
        string all = string.Concat(Enumerable.Range(0, 40).Select(i => $"<presence from='{Tybalt}/{i}' to='romeo@localhost'/>"));
        for (int round = 0; round < 100; round++)
        {
            await Remote.SendAsync(all);
            await romeo.DrainAsync();
            TestClient other = await Server.ConnectAsync("romeo@localhost/other");
            await Task.WhenAll(
                Task.Run(() => Remote.SendAsync(all)),
                Task.Run(() => Server.Get<RemotePresence>().Unreachable(new DomainPair("localhost", "elsewhere.example"))),
                Task.Run(async () =>
                {
                    await other.SendAsync("<presence/>");
                    await other.DisconnectAsync();
                }));
            IEnumerable<string> available = (await romeo.DrainAsync()).Where(stanza => stanza["from"]!.StartsWith(Tybalt, StringComparison.Ordinal))
                .GroupBy(stanza => stanza["from"]!).Where(told => told.Last()["type"] is null).Select(told => told.Key);
            Remote.EndStream(isLost: false);
            Remote.Lose("localhost", "elsewhere.example");
            Assert.That((await romeo.DrainAsync()).Select(stanza => $"{stanza["from"]}"), Is.EquivalentTo(available), $"round {round}");
        }
    }

    [Test]
    public async Task What_is_remembered_is_bounded()
    {
        for (int i = 0; i < ShownPresences.Most + 100; i++)
            await Remote.SendAsync($"<presence from='{Tybalt}/{i}' to='romeo@localhost'/>");
        await romeo.DrainAsync();
        Remote.EndStream(isLost: false);
        Remote.Lose("localhost", "elsewhere.example");
        Assert.That(await romeo.DrainAsync(), Has.Count.EqualTo(ShownPresences.Most));
    }
}
