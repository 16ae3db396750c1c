using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>XEP-0198 1.6 §5, §7 and RFC 6121 §8.5: how a session ends, and what becomes of what it had not delivered.</summary>
[CancelAfter(120_000)]
public sealed class SessionEndTests
{
    private const string Juliet = "juliet@localhost/sm";

    // These clients say nothing for long.
    private static void Patient(PresenceXml.Server.Configuration.ServerOptions options) => options.Limits.IdleSeconds = options.Limits.UnheardSeconds = 0;

    [Test, Property("Spec", "SM-7")]
    public async Task When_nobody_comes_in_time_messages_wait_in_the_inbox_requests_bounce_and_contacts_are_told_once()
    {
        await using StreamHost host = await StreamHost.StartAsync(Patient);
        await host.BefriendAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        await romeo.SendAsync("<presence/>");
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        await romeo.SendAsync(Message("seen") + Message("unseen", Juliet));
        await juliet.ReadToAsync("id='unseen'");
        await juliet.SendAsync($"<a {Sm} h='3'/>");
        await juliet.FenceAsync();
        await host.LoseAsync(line);
        await romeo.SendAsync(Message("away") + $"<iq type='get' id='q' to='{Juliet}'><x xmlns='urn:x'/></iq><message type='headline' to='{Juliet}' id='h'><body>x</body></message>");
        host.Time.Advance(TimeSpan.FromSeconds(599));
        Assert.That(await romeo.FenceByIqAsync(), Does.Not.Contain("unavailable").And.Not.Contain("id='q'"));
        host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await romeo.ReadToAsync("<service-unavailable "), Does.Contain($"<presence from='{Juliet}' to='romeo@localhost' type='unavailable'/>").And.Contain("id='q' type='error'").And.Contain("<service-unavailable "));
        Assert.That(host.Session(Juliet), Is.Null);

        (TestClient next, _) = await host.LoginAsync("juliet", "next");
        await next.SendAsync("<presence/>");
        string read = await next.ReadToAsync("id='away'");
        Assert.That(Ids(read + ">"), Is.EqualTo(new[] { "unseen", "away" }));
        Assert.That((await host.ResumeAsync("juliet", id, 3)).Answer, Is.EqualTo($"<failed {Sm} h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"));
    }

    [Test, Property("Spec", "SM-7")]
    public async Task What_one_device_did_not_get_goes_to_the_other_once()
    {
        await using StreamHost host = await StreamHost.StartAsync(Patient);
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _, PipePair line) = await host.ManageAsync("juliet");
        (TestClient other, _) = await host.LoginAsync("juliet", "other");
        await other.SendAsync("<presence/>");
        await other.ReadToAsync("from='juliet@localhost/sm'");
        // To both, and to the one that is about to go.
        await romeo.SendAsync(Message("both") + Message("alone", Juliet) + $"<message to='{Juliet}' type='chat' id='fleeting'><body>x</body><no-store xmlns='urn:xmpp:hints'/></message>");
        await juliet.ReadToAsync("id='fleeting'");
        await host.LoseAsync(line);
        host.Time.Advance(TimeSpan.FromSeconds(601));
        string read = await other.ReadToAsync("id='fleeting'") + ">" + await other.FenceByIqAsync();
        Assert.That(Ids(read).Order(), Is.EqualTo(new[] { "alone", "both", "fleeting" }));
    }

    [Test, Property("Spec", "SM-8")]
    public async Task Who_closes_the_stream_ends_the_session_and_leaves_no_trace()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, string id, _) = await TwoMessagesAsync(host);
        await juliet.SendAsync($"<a {Sm} h='2'/></stream:stream>");
        await juliet.ReadToAsync("</stream:stream>");
        await host.EndedAsync(Juliet);
        Assert.That((await host.ResumeAsync("juliet", id, 2)).Answer, Is.EqualTo($"<failed {Sm}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"));
        (TestClient next, _) = await host.LoginAsync("juliet", "next");
        await next.SendAsync("<presence/>");
        Assert.That(Ids(await next.ReadToAsync("</message>")), Is.EqualTo(new[] { "2" }));
    }

    [Test, Property("Spec", "SM-8")]
    public async Task Without_resumption_a_lost_line_ends_the_session_and_what_was_not_acknowledged_waits()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        var line = new PipePair();
        TestClient juliet = await host.AuthenticateAsync("juliet", line);
        await juliet.BindAsync("sm");
        await juliet.EnableAsync("");
        await juliet.SendAsync("<presence/>");
        await romeo.SendAsync(Message("1") + Message("2"));
        await juliet.ReadToAsync("id='2'");
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        await juliet.FenceAsync();
        await host.LoseAsync(line);
        await host.EndedAsync(Juliet);
        (TestClient next, _) = await host.LoginAsync("juliet", "next");
        await next.SendAsync("<presence/>");
        Assert.That(Ids(await next.ReadToAsync("</message>")), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task A_client_that_comes_back_without_its_name_gets_its_resource_and_its_messages()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _, PipePair line) = await host.ManageAsync("juliet");
        await romeo.SendAsync(Message("1"));
        await juliet.ReadToAsync("id='1'");
        await host.LoseAsync(line);
        await romeo.SendAsync(Message("2"));
        await romeo.FenceByIqAsync();
        TestClient back = await host.AuthenticateAsync("juliet");
        Assert.That(await back.BindAsync("sm"), Is.EqualTo(Juliet));
        await back.SendAsync("<presence/>");
        Assert.That(Ids(await back.ReadToAsync("id='2'") + ">"), Is.EqualTo(new[] { "1", "2" }));
        // One that has a line keeps its name.
        Assert.That(await (await host.AuthenticateAsync("juliet")).BindAsync("sm"), Does.StartWith(Juliet + "-"));
    }

    [Test]
    public async Task When_there_are_too_many_the_one_without_a_line_for_longest_gives_way()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.ResourcesPerAccount = 3);
        foreach (string resource in new[] { "first", "second", "third" })
        {
            (_, _, PipePair line) = await host.ManageAsync("juliet", resource);
            if (resource == "third") break;
            await host.LoseAsync(line);
            host.Time.Advance(TimeSpan.FromSeconds(10));
        }
        Assert.That(await (await host.AuthenticateAsync("juliet")).BindAsync("fourth"), Is.EqualTo("juliet@localhost/fourth"));
        Assert.That(host.Session("juliet@localhost/first"), Is.Null);
        Assert.That(host.Session("juliet@localhost/second"), Is.Not.Null);
        Assert.That(await (await host.AuthenticateAsync("juliet")).BindAsync("fifth"), Is.EqualTo("juliet@localhost/fifth"));
        TestClient last = await host.AuthenticateAsync("juliet");
        await last.SendAsync("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        Assert.That(await last.ReadToAsync("</iq>"), Does.Contain("<resource-constraint "));
    }

    [Test]
    public async Task A_detached_session_that_is_closed_ends()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (_, string id, PipePair line) = await host.ManageAsync("juliet");
        await host.LoseAsync(line);
        host.Session(Juliet)!.Close(StreamError.NotAuthorized);
        await host.EndedAsync(Juliet);
        Assert.That((await host.ResumeAsync("juliet", id, 1)).Answer, Does.Contain("h='1'").And.Contain("<item-not-found "));

        (_, id, line) = await host.ManageAsync("juliet");
        await host.LoseAsync(line);
        await host.Get<AccountRemoval>().DeleteAsync(Jid.Parse("juliet@localhost"), CancellationToken.None);
        await host.EndedAsync(Juliet);
        await host.AddAccountAsync("juliet");
        Assert.That((await host.ResumeAsync("juliet", id, 1)).Answer, Does.Not.Contain("h='").And.Contain("<item-not-found "));
    }

    [Test, Property("Spec", "SM-7")]
    public async Task The_message_that_waits_for_nobody_else_goes_to_who_comes_first()
    {
        await using StreamHost host = await StreamHost.StartAsync(Patient);
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (_, string id, PipePair line) = await host.ManageAsync("juliet");
        (TestClient going, _, PipePair other) = await host.ManageAsync("juliet", "going", presence: "");
        await romeo.SendAsync(Message("1", "juliet@localhost/going"));
        await going.ReadToAsync("id='1'");
        await host.LoseAsync(line);
        await host.LoseAsync(other);
        host.Time.Advance(TimeSpan.FromSeconds(300));
        ClientSession session = host.Session("juliet@localhost/going")!;
        session.Close(StreamError.ResourceConstraint);
        await host.EndedAsync("juliet@localhost/going");
        // Nobody has a line: it waits, and the one that gets one takes it.
        (TestClient back, _) = await host.ResumeAsync("juliet", id, 1, line = new PipePair());
        Assert.That(Ids(await back.ReadToAsync("id='1'") + ">"), Is.EqualTo(new[] { "1" }));
        await back.SendAsync($"<a {Sm} h='2'/>");
        await back.FenceAsync();

        // Or it is somebody new.
        (going, _, other) = await host.ManageAsync("juliet", "again", presence: "");
        await romeo.SendAsync(Message("2", "juliet@localhost/again"));
        await going.ReadToAsync("id='2'");
        await host.LoseAsync(line);
        await host.LoseAsync(other);
        host.Session("juliet@localhost/again")!.Close(StreamError.ResourceConstraint);
        await host.EndedAsync("juliet@localhost/again");
        (TestClient fresh, _) = await host.LoginAsync("juliet", "fresh");
        await fresh.SendAsync("<presence/>");
        Assert.That(Ids(await fresh.ReadToAsync("id='2'") + ">"), Is.EqualTo(new[] { "2" }));
    }

    [Test, Property("Spec", "SM-8")]
    public async Task When_the_server_ends_the_stream_what_the_client_got_it_can_still_acknowledge()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, string id, string read) = await TwoMessagesAsync(host);
        host.Session(Juliet)!.Close(StreamError.SystemShutdown);
        // Asked once, be it before or behind the second message.
        Assert.That(read + await juliet.ReadToAsync("</stream:stream>"), Does.Contain($"<r {Sm}/>").And.Contain("<system-shutdown "));
        await juliet.SendAsync($"<a {Sm} h='2'/></stream:stream>");
        await host.EndedAsync(Juliet);
        Assert.That((await host.ResumeAsync("juliet", id, 2)).Answer, Does.Contain(" h='1'"));
        (TestClient next, _) = await host.LoginAsync("juliet", "next");
        await next.SendAsync("<presence/>");
        Assert.That(Ids(await next.ReadToAsync("</message>")), Is.EqualTo(new[] { "2" }), "the first one was acknowledged");
    }

    /// <summary>A session that has got two messages and acknowledged none.</summary>
    private static async Task<(TestClient Juliet, string Id, string Read)> TwoMessagesAsync(StreamHost host)
    {
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        await romeo.SendAsync(Message("1") + Message("2"));
        return (juliet, id, await juliet.ReadToAsync("id='2'"));
    }
}
