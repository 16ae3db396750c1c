using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>What the gate is for: a watcher never ends up with the older of two states (docs/architecture.md, "The gate").</summary>
public sealed class RaceTests : ServerFixture
{
    private static Task Elsewhere(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap();

    [Test]
    public async Task A_broadcast_and_a_login_at_once_leave_the_watcher_with_the_newer_presence()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await Server.BefriendAsync();
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        for (int round = 0; round < 200; round++)
        {
            await using TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
            await Task.WhenAll(
                Elsewhere(() => juliet.SendAsync($"<presence id='{round}-a'/><presence id='{round}-b'/>")),
                Elsewhere(() => romeo.SendAsync("<presence/>")));
            string? last = (await romeo.DrainAsync()).LastOrDefault(stanza => stanza["from"] == "juliet@localhost/balcony")?["id"];
            Assert.That(last, Is.EqualTo($"{round}-b"));
            await juliet.DrainAsync();
        }
    }

    [Test]
    public async Task A_probe_and_an_unavailable_at_once_leave_the_watcher_with_unavailable()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await Server.BefriendAsync();
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        for (int round = 0; round < 200; round++)
        {
            TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
            await Task.WhenAll(
                Elsewhere(() => romeo.SendAsync("<presence to='juliet@localhost' type='probe'/>")),
                Elsewhere(juliet.DisconnectAsync));
            Element last = (await romeo.DrainAsync()).Last(stanza => stanza["from"]!.StartsWith(Play.Juliet, StringComparison.Ordinal));
            Assert.That(last["type"], Is.EqualTo("unavailable"), $"round {round}");
        }
    }

    [Test]
    public async Task Messages_and_a_login_at_once_come_once_each_and_in_order()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        var got = new List<string>();
        int sent = 0;
        for (int round = 0; round < 60; round++)
        {
            TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
            int from = sent;
            sent += 10;
            await Task.WhenAll(
                Elsewhere(async () =>
                {
                    for (int i = from; i < from + 10; i++)
                        await romeo.SendAsync($"<message to='juliet@localhost' id='{i}'><body>b</body></message>");
                }),
                Elsewhere(() => juliet.SendAsync("<presence/>")));
            got.AddRange((await juliet.DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(stanza => stanza["id"]!));
            await Task.WhenAll(
                Elsewhere(juliet.DisconnectAsync),
                Elsewhere(() => romeo.SendAsync($"<message to='juliet@localhost' id='{sent++}'><body>b</body></message>")));
            got.AddRange(await juliet.ReceivedAsync());
        }
        TestClient last = await Server.ConnectAsync("juliet@localhost/balcony");
        await last.SendAsync("<presence/>");
        got.AddRange((await last.DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(stanza => stanza["id"]!));
        Assert.That(got, Is.EqualTo(Enumerable.Range(0, sent).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        await romeo.ExpectNothingAsync();
    }

    [Test]
    public async Task Loading_the_same_account_many_times_at_once_gives_one_presentity()
    {
        await Server.AddAccountsAsync(Play.Romeo);
        var presentities = Server.Get<PresenceXml.Server.Presence.Presentities>();
        for (int round = 0; round < 50; round++)
        {
            var leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
                Task.Factory.StartNew(async () => await presentities.AcquireAsync(Jid.Parse(Play.Romeo), CancellationToken.None), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap()));
            Assert.That(leases.Select(lease => lease!.Presentity).Distinct().Count(), Is.EqualTo(1));
            foreach (var lease in leases)
                lease!.Dispose();
        }
        Assert.That(presentities.Count, Is.Zero);
    }
}
