using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>XEP-0198 1.6 §5, §7: sessions that outlive their lines.</summary>
[CancelAfter(120_000)]
public sealed class ResumptionTests
{
    private const string Juliet = "juliet@localhost/sm";

    // These clients say nothing for long.
    private static void Patient(PresenceXml.Server.Configuration.ServerOptions options) => options.Limits.IdleSeconds = options.Limits.UnheardSeconds = 0;

    [Test, Property("Spec", "SM-4"), Property("Spec", "SM-8")]
    public async Task A_session_goes_on_where_it_was_and_nobody_has_noticed()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await host.BefriendAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        await romeo.SendAsync("<presence/>" + Message("seen") + Message("lost"));
        await juliet.ReadToAsync("id='lost'");
        await host.LoseAsync(line);
        await romeo.SendAsync(Message("away") + $"<iq type='get' id='q' to='{Juliet}'><x xmlns='urn:x'/></iq>");
        await romeo.SendAsync("<iq type='get' id='done'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(await romeo.ReadToAsync("id='done'"), Does.Not.Contain("unavailable"), "for others it is there");

        // Own presence, romeo's, "seen".
        (TestClient back, string answer) = await host.ResumeAsync("juliet", id, 3);
        Assert.That(answer, Is.EqualTo($"<resumed {Sm} previd='{id}' h='1'/>"));
        string read = await back.ReadToAsync("</iq>");
        Assert.That(Ids(read), Is.EqualTo(new[] { "lost", "away" }));
        Assert.That(read.Split("<delay ").Length - 1, Is.EqualTo(2), "both came late");
        Assert.That(await back.ReadToAsync("/>"), Is.EqualTo($"<r {Sm}/>"));
        await back.SendAsync($"<a {Sm} h='6'/><iq type='result' id='q' to='romeo@localhost/r'/>" + Message("answer", "romeo@localhost/r"));
        Assert.That(await back.RequestAsync(), Is.EqualTo("3"), "the count goes on");
        Assert.That(await romeo.ReadToAsync("id='answer'"), Does.Contain("type='result'").And.Contain($"from='{Juliet}'"));
        Assert.That(host.Session(Juliet)!.Presentity.Undelivered.Count, Is.Zero);
    }

    [Test, Property("Spec", "SM-8,R-23")]
    public async Task What_other_servers_answer_finds_a_session_without_a_line()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var remote = new RemoteServer(host.Get<RemoteRouter>(), host.Get<RemoteDomains>());
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        const string Message = "<message from='juliet@localhost/sm' to='tybalt@elsewhere.example' id='m' type='chat'><body>x</body></message>";
        await juliet.SendAsync("<iq type='get' id='q' to='tybalt@elsewhere.example/street'><x xmlns='urn:x'/></iq>" + Message);
        await juliet.RequestAsync();
        remote.Expect("<iq type='get' id='q' from='juliet@localhost/sm'/>");
        remote.Expect("<message id='m'/>");
        await host.LoseAsync(line);
        await remote.SendAsync("<iq type='result' id='q' from='tybalt@elsewhere.example/street' to='juliet@localhost/sm'/>");
        remote.Return(Message, StanzaError.RemoteServerTimeout);
        remote.ExpectNothing();
        (TestClient back, _) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(await back.ReadToAsync("</message>"), Does.Contain("type='result'").And.Contain("<remote-server-timeout"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task What_was_sent_comes_again_in_order_and_once_before_what_waited()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.WindowStanzas = 4);
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        for (int i = 0; i < 9; i++) await romeo.SendAsync(Message($"{i}"));
        await juliet.ReadToAsync("id='3'");
        uint h = 1;
        // Lost three times over, each time a little further.
        for (int round = 0; round < 3; round++)
        {
            await host.LoseAsync(line);
            (juliet, string answer) = await host.ResumeAsync("juliet", id, h, line = new PipePair());
            Assert.That(answer, Does.StartWith("<resumed "));
            string read = await juliet.ReadToAsync($"id='{round + 3}'");
            Assert.That(Ids(read + ">"), Is.EqualTo(Enumerable.Range(round, 4).Select(i => $"{i}")), $"round {round}");
            h++;
        }
        await juliet.SendAsync($"<a {Sm} h='6'/>");
        Assert.That(Ids(await juliet.ReadToAsync("id='8'") + ">"), Is.EqualTo(new[] { "6", "7", "8" }));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task An_unknown_name_fails_and_the_client_may_bind()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (_, string id, _) = await host.ManageAsync("romeo");
        TestClient juliet = await host.AuthenticateAsync("juliet");
        Assert.That(await juliet.ResumeAsync("nobody", 0), Is.EqualTo($"<failed {Sm}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"));
        Assert.That(await juliet.ResumeAsync(id, 0), Is.EqualTo($"<failed {Sm}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"), "somebody else's");
        await juliet.SendAsync($"<resume {Sm} previd='x'/>");
        Assert.That(await juliet.ReadToAsync("</failed>"), Does.Contain("<bad-request "));
        Assert.That(await juliet.BindAsync("b"), Is.EqualTo("juliet@localhost/b"));
        Assert.That(host.Session("romeo@localhost/sm"), Is.Not.Null);
    }

    [Test, Property("Spec", "SM-6")]
    public async Task To_resume_with_more_than_was_sent_is_an_error_and_the_session_waits_on()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (_, string id, PipePair line) = await host.ManageAsync("juliet");
        await host.LoseAsync(line);
        TestClient client = await host.AuthenticateAsync("juliet");
        await client.SendAsync($"<resume {Sm} previd='{id}' h='7'/>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.Contain("<handled-count-too-high xmlns='urn:xmpp:sm:3' h='7' send-count='1'/>"));
        Assert.That((await host.ResumeAsync("juliet", id, 1)).Answer, Does.StartWith("<resumed "));
    }

    [Test, Property("Spec", "SM-5")]
    public async Task A_line_that_still_looks_alive_is_told_conflict_and_the_session_moves()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient old, string id, _) = await host.ManageAsync("juliet");
        (TestClient juliet, string answer) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(answer, Does.StartWith("<resumed "));
        Assert.That(await old.ReadToAsync("</stream:stream>"), Is.EqualTo("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"));
        await romeo.SendAsync(Message("1"));
        await juliet.ReadToAsync("id='1'");
        // What the old line still says is nobody's.
        await old.SendAsync(Message("ghost", "romeo@localhost/r") + "</stream:stream>");
        await juliet.SendAsync(Message("2", "romeo@localhost/r"));
        Assert.That(await romeo.ReadToAsync("id='2'"), Does.Not.Contain("ghost"));
    }

    [Test, Property("Spec", "SM-5")]
    public async Task A_line_that_takes_nothing_any_more_does_not_hold_the_session()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        // More than the pipe holds, so that a flush waits.
        for (int i = 0; i < 40; i++) await romeo.SendAsync(Message($"{i}", body: new string('x', 4000)));
        await juliet.ReadToAsync("id='0'");
        host.Time.Advance(TimeSpan.FromSeconds(1));
        (TestClient back, string answer) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(answer, Does.StartWith("<resumed "));
        Assert.That(Ids(await back.ReadToAsync("id='39'") + ">"), Is.EqualTo(Enumerable.Range(0, 40).Select(i => $"{i}")));
    }

    [Test, Property("Spec", "SM-5")]
    public async Task Of_many_that_resume_at_once_one_has_the_session_and_the_others_are_told()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (_, string id, _) = await host.ManageAsync("juliet");
        List<TestClient> clients = [];
        for (int i = 0; i < 8; i++) clients.Add(await host.AuthenticateAsync("juliet"));
        foreach (string answer in await Task.WhenAll(clients.Select(client => client.ResumeAsync(id, 1)))) Assert.That(answer, Does.StartWith("<resumed "));
        await romeo.SendAsync(Message("1"));
        Task<string>[] reading = [.. clients.Select(static client => client.ReadToAsync("/>"))];
        string[] read = await Task.WhenAll(reading);
        Assert.That(read.Count(static text => text.Contains("<conflict ", StringComparison.Ordinal)), Is.EqualTo(7));
        Assert.That(read.Count(static text => text.Contains("id='1'", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task What_waits_for_a_client_that_is_away_is_bounded_and_its_messages_are_whole()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.OutboxBytes = 20_000);
        await host.BefriendAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (_, string id, PipePair line) = await host.ManageAsync("juliet");
        await host.LoseAsync(line);
        for (int i = 0; i < 100; i++) await romeo.SendAsync(Message($"{i}", body: new string('x', 1000)));
        await romeo.SendAsync($"<iq type='get' id='q' to='{Juliet}'><x xmlns='urn:x'>{new string('x', 1000)}</x></iq>");
        Assert.That(await romeo.ReadToAsync("</iq>"), Does.Contain("<resource-constraint "));
        (TestClient back, string answer) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(answer, Does.StartWith("<resumed "));
        string read = await back.ReadToAsync("id='99'");
        Assert.That(Ids(read + ">"), Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"{i}")));
        Assert.That(read.Split("<delay ").Length - 1, Is.GreaterThanOrEqualTo(99));
    }

    [Test]
    public async Task A_handler_that_waits_for_room_does_not_lose_its_answer_with_the_line()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.OutboxBytes = 4000);
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        ClientSession session = host.Session(Juliet)!;
        // Not read by anybody: the pipe fills, then the outbox, then the stream's reads stop.
        int sent = 0;
        Task sending = Task.CompletedTask;
        while (sending.IsCompleted && sent < 5000)
        {
            await sending;
            sending = juliet.SendAsync($"<iq type='get' id='n{sent++}'><x xmlns='urn:x'/></iq>");
        }
        Assert.That(sending.IsCompleted, Is.False);
        // What fills the pipe may not have been looked at yet.
        while (!session.Outbox.IsAwaited) await Task.Yield();
        uint handled = session.Management!.Handled;
        // The line is stuck, and this side does not see it: it neither reads nor writes.
        host.Time.Advance(TimeSpan.FromSeconds(125));
        await host.EndedAsync(line);
        (TestClient back, string answer) = await host.ResumeAsync("juliet", id, 1);
        uint counted = uint.Parse(Attribute(answer, "h")!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(counted, Is.GreaterThanOrEqualTo(handled));
        // Each that is counted has its answer: the first one was the presence.
        string read = "";
        for (uint i = 0; i < counted - 1; i++)
        {
            read = await back.ReadToAsync("</iq>");
            Assert.That(read, Does.Contain($"id='n{i}'"));
            if (i % 50 == 0) await back.SendAsync($"<a {Sm} h='{i + 2}'/>");
        }
    }

    [Test, Property("Spec", "Outbox")]
    public async Task A_flood_that_was_partly_written_goes_on_where_it_was()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.WindowStanzas = 10);
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        for (int i = 0; i < 40; i++) await romeo.SendAsync(Message($"{i}"));
        await romeo.FenceByIqAsync();
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet", presence: "");
        await juliet.SendAsync("<presence/>");
        await juliet.ReadToAsync("id='8'");
        await juliet.SendAsync($"<a {Sm} h='6'/>");
        await juliet.ReadToAsync("id='13'");
        await host.LoseAsync(line);
        Assert.That(host.Session(Juliet)!.Presentity.Undelivered.Count, Is.EqualTo(35));
        (TestClient back, _) = await host.ResumeAsync("juliet", id, 8);
        string read = "";
        for (uint h = 18; h <= 41; h += 10)
        {
            string part = await back.ReadToAsync($"id='{Math.Min(h - 2, 39)}'");
            read += part;
            await back.SendAsync($"<a {Sm} h='{h}'/>");
        }
        read += await back.ReadToAsync("id='39'");
        Assert.That(Ids(read + ">"), Is.EqualTo(Enumerable.Range(7, 33).Select(i => $"{i}")));
        await back.SendAsync($"<a {Sm} h='41'/>");
        await back.FenceAsync();
        Assert.That(host.Session(Juliet)!.Presentity.Undelivered.Count, Is.Zero);
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Carbons_and_copies_come_again_too_and_go_nowhere_when_nobody_comes()
    {
        await using StreamHost host = await StreamHost.StartAsync(Patient);
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient other, _) = await host.LoginAsync("juliet", "other");
        await other.SendAsync("<presence><priority>-1</priority></presence>");
        await other.ReadToAsync("</presence>");
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet", presence: "");
        await juliet.SendAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
        await juliet.ReadToAsync("id='c'");
        // For another resource, which has it; for nobody, and shown as a copy.
        await romeo.SendAsync(Message("carbon", "juliet@localhost/other"));
        await juliet.ReadToAsync("</received>");
        // Behind an answer that was asked for later it is known to be delivered.
        string others = await other.ReadToAsync("id='carbon'") + ">" + await other.FenceByIqAsync();
        await romeo.SendAsync("<message to='juliet@localhost' id='copied' type='chat'><body>x</body><private xmlns='urn:xmpp:carbons:2'/></message>");
        await romeo.FenceByIqAsync();
        ClientSession session = host.Session(Juliet)!;
        long sequence = (await host.Get<Storage.InboxStore>().ReadUndeliveredAsync(session.Presentity.Address))[^1].Sequence;
        await session.SendAsync(new Protocol.Stanzas.Message { Id = "copy", To = session.Address }, sequence, OutboxForm.Copy, CancellationToken.None);
        await juliet.ReadToAsync("id='copy'");
        Assert.That(session.Presentity.Undelivered.Count, Is.EqualTo(1), "shown, and not acknowledged");
        await host.LoseAsync(line);
        (juliet, _) = await host.ResumeAsync("juliet", id, 1, line = new PipePair());
        string again = await juliet.ReadToAsync("id='copy'");
        Assert.That(again, Does.Contain("<received ").And.Contain("<forwarded xmlns='urn:xmpp:forward:0'><delay ").And.Not.Contain("id='copied'"));
        await host.LoseAsync(line);
        host.Time.Advance(TimeSpan.FromSeconds(601));
        await host.EndedAsync(Juliet);

        await other.SendAsync("<presence/>");
        others += await other.ReadToAsync("id='copied'") + ">" + await other.FenceByIqAsync();
        Assert.That(Ids(others), Is.EqualTo(new[] { "carbon", "copied" }), "each once");
    }

    [Test, Property("Spec", "D4")]
    public async Task What_is_shown_as_a_copy_is_delivered_when_that_is_acknowledged()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _, _) = await host.ManageAsync("juliet", presence: "");
        await romeo.SendAsync(Message("1"));
        await romeo.FenceByIqAsync();
        ClientSession session = host.Session(Juliet)!;
        long sequence = (await host.Get<Storage.InboxStore>().ReadUndeliveredAsync(session.Presentity.Address))[0].Sequence;
        await session.SendAsync(new Protocol.Stanzas.Message { Id = "copy", To = session.Address }, sequence, OutboxForm.Copy, CancellationToken.None);
        await juliet.ReadToAsync("id='copy'");
        await juliet.SendAsync($"<a {Sm} h='1'/>");
        await juliet.FenceAsync();
        Assert.That(session.Presentity.Undelivered.Count, Is.Zero);
    }

    [Test, Property("Spec", "D4")]
    public async Task Two_devices_acknowledge_each_for_itself_and_the_first_delivers()
    {
        await using StreamHost host = await StreamHost.StartAsync(Patient);
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient one, string id, PipePair line) = await host.ManageAsync("juliet");
        (TestClient two, _, _) = await host.ManageAsync("juliet", "two", presence: "");
        await two.SendAsync("<presence/>");
        await one.ReadToAsync("from='juliet@localhost/two'");
        await romeo.SendAsync(Message("1"));
        await one.ReadToAsync("id='1'");
        await two.ReadToAsync("id='1'");
        // The one's own presence, the two's; the message.
        await two.SendAsync($"<a {Sm} h='3'/>");
        await two.FenceAsync();
        Assert.That(host.Session(Juliet)!.Presentity.Undelivered.Count, Is.Zero);
        // The other one still gets it.
        await host.LoseAsync(line);
        (one, _) = await host.ResumeAsync("juliet", id, 2);
        Assert.That(Ids(await one.ReadToAsync("id='1'") + ">"), Is.EqualTo(new[] { "1" }));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task To_resume_in_the_moment_of_the_end_either_works_or_fails_and_loses_nothing()
    {
        await using StreamHost host = await StreamHost.StartAsync(options =>
        {
            Patient(options);
            options.StreamManagement.ResumeSeconds = 5;
        });
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        for (int round = 0; round < 20; round++)
        {
            (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
            await host.LoseAsync(line);
            await romeo.SendAsync(Message($"{round}"));
            await romeo.FenceByIqAsync();
            TestClient next = await host.AuthenticateAsync("juliet");
            host.Time.Advance(TimeSpan.FromSeconds(4));
            Task<string> resuming = next.ResumeAsync(id, 1);
            if (round % 2 == 0) await Task.Yield();
            host.Time.Advance(TimeSpan.FromSeconds(1 + (round % 3)));
            string answer = await resuming;
            if (answer.StartsWith("<failed", StringComparison.Ordinal))
            {
                Assert.That(answer, Does.Contain("h='1'"));
                await next.BindAsync("sm");
                await next.EnableAsync();
                await next.SendAsync("<presence/>");
            }
            Assert.That(Ids(await next.ReadToAsync($"id='{round}'") + ">"), Is.EqualTo(new[] { $"{round}" }));
            await next.SendAsync($"<a {Sm} h='2'/></stream:stream>");
            await next.ReadToAsync("</stream:stream>");
            await host.EndedAsync(Juliet);
        }
    }

    [Test]
    public async Task An_answer_larger_than_the_window_does_not_wait_for_an_acknowledgement_that_is_behind_it()
    {
        await using StreamHost host = await StreamHost.StartAsync(options =>
        {
            options.Limits.OutboxBytes = 4000;
            options.StreamManagement.WindowStanzas = 4;
        });
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        // Asked in one breath; the acknowledgements come when the answers do.
        for (int i = 0; i < 30; i++) await juliet.SendAsync($"<iq type='get' id='n{i}'><x xmlns='urn:x'>{new string('x', 1000)}</x></iq>");
        await juliet.ReadToAsync("id='n25'");
    }
}
