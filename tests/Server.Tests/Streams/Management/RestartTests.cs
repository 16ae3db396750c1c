using System.Globalization;
using PresenceXml.Server.Sessions;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>XEP-0198 1.6 §5: whose session is gone learns what of his was handled, also when it went with the server.</summary>
[CancelAfter(120_000)]
public sealed class RestartTests
{
    private const string Juliet = "juliet@localhost/sm";

    private static string Message(string id) => ManagedClient.Message(id, "romeo@localhost");

    [Test, Property("Spec", "SM-4")]
    public async Task A_server_that_stops_notes_what_was_handled_with_and_without_a_line()
    {
        await using StreamHost host = await StreamHost.StartAsync(isLasting: true);
        (TestClient attached, string one, _) = await host.ManageAsync("juliet", "one");
        await attached.SendAsync(Message("1") + "<presence/><presence/>");
        await attached.FenceAsync();
        (TestClient detached, string other, PipePair line) = await host.ManageAsync("juliet");
        await detached.SendAsync(Message("1") + Message("2") + Message("3") + "<presence/>");
        await detached.FenceAsync();
        await host.LoseAsync(line);
        await host.RestartAsync(isKilled: false);
        Assert.That((await host.ResumeAsync("juliet", one, 0)).Answer, Is.EqualTo($"<failed {Sm} h='4'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"));
        Assert.That((await host.ResumeAsync("juliet", other, 0)).Answer, Does.Contain(" h='5'"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_server_that_was_killed_knows_it_by_the_last_message()
    {
        await using StreamHost host = await StreamHost.StartAsync(isLasting: true);
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        await juliet.SendAsync(Message("1") + "<presence/>" + Message("2") + "<message to='juliet@localhost' id='3'><body>to oneself</body></message><presence/>");
        await juliet.SendAsync("<iq type='get' id='last'><query xmlns='jabber:iq:roster'/></iq>");
        await juliet.ReadToAsync("id='last'");
        (_, string idle, _) = await host.ManageAsync("juliet", "idle", presence: "");
        await host.RestartAsync(isKilled: true);
        Assert.That((await host.ResumeAsync("juliet", id, 0)).Answer, Does.Contain(" h='5'"), "nobody was told of what came behind");
        Assert.That((await host.ResumeAsync("juliet", idle, 0)).Answer, Does.Contain(" h='0'"));
        Assert.That((await host.ResumeAsync("romeo", id, 0)).Answer, Does.Not.Contain(" h='"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_server_that_was_killed_never_says_less_than_it_said_before()
    {
        await using StreamHost host = await StreamHost.StartAsync(isLasting: true);
        (TestClient asked, string one, _) = await host.ManageAsync("juliet", "asked");
        await asked.SendAsync(Message("1") + "<presence/><presence/>");
        Assert.That(await asked.RequestAsync(), Is.EqualTo("4"));
        (TestClient resumed, string other, PipePair line) = await host.ManageAsync("juliet");
        await resumed.SendAsync(Message("2") + "<presence/>");
        await resumed.ReadToAsync("<presence ");
        await host.LoseAsync(line);
        Assert.That((await host.ResumeAsync("juliet", other, 1)).Answer, Does.Contain(" h='3'"));
        (TestClient on, string last, _) = await host.ManageAsync("juliet", "on");
        await on.SendAsync("<presence/>");
        Assert.That(await on.RequestAsync(), Is.EqualTo("2"));
        await on.SendAsync(Message("3"));
        await on.FenceAsync();
        await host.RestartAsync(isKilled: true);
        Assert.That((await host.ResumeAsync("juliet", one, 0)).Answer, Does.Contain(" h='4'"));
        Assert.That((await host.ResumeAsync("juliet", other, 1)).Answer, Does.Contain(" h='3'"));
        Assert.That((await host.ResumeAsync("juliet", last, 0)).Answer, Does.Contain(" h='3'"), "and a message behind it counts too");
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_server_that_was_killed_knows_also_what_it_said_of_a_message_that_was_sent_before()
    {
        const string Once = "<message to='romeo@localhost' id='1' type='chat'><body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='o'/></message>";
        await using StreamHost host = await StreamHost.StartAsync(isLasting: true);
        (TestClient first, _, _) = await host.ManageAsync("juliet", "first");
        await first.SendAsync(Once);
        await first.FenceAsync();
        (TestClient again, string id, _) = await host.ManageAsync("juliet", "again");
        await again.SendAsync(Once);
        Assert.That(await again.RequestAsync(), Is.EqualTo("2"));
        await host.RestartAsync(isKilled: true);
        Assert.That((await host.ResumeAsync("juliet", id, 1)).Answer, Does.Contain(" h='2'"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_server_that_was_killed_knows_also_what_it_said_of_a_message_that_is_in_no_log_any_more()
    {
        await using StreamHost host = await StreamHost.StartAsync(isLasting: true);
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        await juliet.SendAsync("<message to='juliet@localhost' id='1'><body>x</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        await juliet.ReadToAsync("</message>");
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        Assert.That(await juliet.RequestAsync(), Is.EqualTo("2"));
        await host.RestartAsync(isKilled: true);
        Assert.That((await host.ResumeAsync("juliet", id, 2)).Answer, Does.Contain(" h='2'"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_session_that_ends_while_another_begins_is_told_what_was_handled()
    {
        Testing.FaultyEngine engine = null!;
        await using StreamHost host = await StreamHost.StartAsync(engine: inner => engine = new Testing.FaultyEngine(inner));
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        await juliet.SendAsync(Message("1") + "<presence/><presence/>");
        await juliet.ReadToAsync("<presence ");
        await juliet.ReadToAsync("<presence ");
        engine.Ranged = async collection =>
        {
            if (collection != SessionRecord.Collection) return;
            engine.Ranged = null;
            await juliet.SendAsync("</wrong>");
            await host.EndedAsync("juliet@localhost/sm");
        };
        await host.ManageAsync("juliet", "other", presence: "");
        Assert.That((await host.ResumeAsync("juliet", id, 1)).Answer, Does.Contain(" h='4'"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_session_has_its_name_until_its_end_is_in_the_store()
    {
        Testing.FaultyEngine engine = null!;
        await using StreamHost host = await StreamHost.StartAsync(engine: inner => engine = new Testing.FaultyEngine(inner));
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        engine.HoldCommits();
        await juliet.SendAsync("</wrong>");
        await host.EndedAsync("juliet@localhost/sm");
        bool isNamed = host.Get<ResumableSessions>().TryFind(id, out _);
        engine.LetCommitsEnd();
        Assert.That(isNamed, Is.True, "or who tidies up would take it for one that died with the server");
        Assert.That((await host.ResumeAsync("juliet", id, 1)).Answer, Does.Contain(" h='1'"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task What_was_not_acknowledged_when_the_server_was_killed_waits_in_the_inbox()
    {
        await using StreamHost host = await StreamHost.StartAsync(isLasting: true);
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        for (int i = 0; i < 3; i++) await romeo.SendAsync($"<message to='juliet@localhost' id='{i}'><body>x</body></message>");
        await juliet.ReadToAsync("id='2'");
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        await juliet.FenceAsync();
        await romeo.FenceByIqAsync();
        await host.RestartAsync(isKilled: true);
        (TestClient back, _) = await host.LoginAsync("juliet");
        await back.SendAsync("<presence/>");
        Assert.That(Ids(await back.ReadToAsync("id='2'") + ">"), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task What_is_kept_of_sessions_goes_after_a_day_and_is_never_too_much()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.IdleSeconds = options.StreamManagement.ResumeSeconds = 0, isLasting: true);
        host.Options.StreamManagement.ResumeSeconds = 60;
        (_, string killed, _) = await host.ManageAsync("juliet", "killed");
        host.Time.Advance(TimeSpan.FromDays(2));
        await host.RestartAsync(isKilled: true);
        // It may have begun long ago: its day begins when it is found.
        (_, string young, PipePair line) = await host.ManageAsync("juliet");
        Assert.That((await host.ResumeAsync("juliet", killed, 0)).Answer, Does.Contain(" h='"));
        await host.LoseAsync(line);
        host.Time.Advance(TimeSpan.FromSeconds(61));
        host.Time.Advance(TimeSpan.FromHours(23));
        await host.ManageAsync("juliet", "later");
        Assert.That((await host.ResumeAsync("juliet", young, 0)).Answer, Does.Contain(" h='1'"));
        host.Time.Advance(TimeSpan.FromHours(2));
        (TestClient latest, _, _) = await host.ManageAsync("juliet", "latest");
        // What is acknowledged is durable, and so is everything before it.
        await latest.SendAsync(Message("1"));
        await latest.FenceAsync();
        Assert.That((await host.ResumeAsync("juliet", young, 0)).Answer, Does.Not.Contain(" h='"));
        Assert.That((await host.ResumeAsync("juliet", killed, 0)).Answer, Does.Not.Contain(" h='"));

        List<string> ids = [];
        for (int i = 0; i < 70; i++)
        {
            (_, string id, PipePair lost) = await host.ManageAsync("juliet", i.ToString(CultureInfo.InvariantCulture), presence: "");
            ids.Add(id);
            await host.LoseAsync(lost);
            host.Time.Advance(TimeSpan.FromSeconds(61));
            await host.EndedAsync($"juliet@localhost/{i}");
        }
        (TestClient last, _) = await host.LoginAsync("romeo");
        await last.SendAsync(Message("2"));
        await last.FenceByIqAsync();
        Assert.That((await host.ResumeAsync("juliet", ids[0], 0)).Answer, Does.Not.Contain(" h='"));
        Assert.That((await host.ResumeAsync("juliet", ids[^1], 0)).Answer, Does.Contain(" h='0'"));
    }
}
