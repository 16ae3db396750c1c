using PresenceXml.Server.Sessions;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>XEP-0198 1.6 §2 to §4, §6: turning it on, and acknowledgements both ways.</summary>
[CancelAfter(60_000)]
public sealed class AcknowledgementTests
{
    private const string Roster = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";

    [Test, Property("Spec", "SM-1")]
    public async Task It_is_announced_after_authentication_and_on_after_binding()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        // But for what can be asked for within the sign-in (XEP-0388 §2.1).
        string features = await client.SecureAsync();
        int inline = features.IndexOf("<authentication ", StringComparison.Ordinal);
        Assert.That(features[..inline] + features[features.IndexOf("</authentication>", StringComparison.Ordinal)..], Does.Not.Contain("urn:xmpp:sm:3"));
        await client.SendAsync($"<enable {Sm}/>");
        Assert.That(await client.ReadToAsync("</failed>"), Does.StartWith($"<failed {Sm}><unexpected-request "));
        await client.PlainAsync("juliet", StreamHost.Password);
        Assert.That(await client.OpenAsync(), Does.Contain($"<sm {Sm}/>"));
        await client.SendAsync($"<enable {Sm}/>");
        Assert.That(await client.ReadToAsync("</failed>"), Does.StartWith($"<failed {Sm}><unexpected-request "));
        await client.BindAsync();
        await client.SendAsync($"<r {Sm}/>");
        Assert.That(await client.ReadToAsync("</failed>"), Does.StartWith($"<failed {Sm}><unexpected-request "));
        await client.SendAsync($"<resume {Sm} previd='x' h='0'/>");
        Assert.That(await client.ReadToAsync("</failed>"), Does.StartWith($"<failed {Sm}><unexpected-request "));
        await client.SendAsync($"<enable {Sm}/>");
        Assert.That(await client.ReadToAsync("/>"), Is.EqualTo($"<enabled {Sm}/>"));
        await client.SendAsync($"<enable {Sm} resume='true'/>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><policy-violation "));
    }

    [Test, Property("Spec", "SM-2")]
    public async Task Who_may_resume_gets_a_name_nobody_guesses_and_a_time()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.Location = "[2001:db8::1]:5222");
        List<string> ids = [];
        foreach (string wish in new[] { "resume='true'", "resume='1' max='60'", "resume='true' max='100000'", "resume='true' max='0'" })
        {
            TestClient client = await host.AuthenticateAsync("juliet");
            await client.BindAsync();
            await client.SendAsync($"<enable {Sm} {wish}/>");
            string enabled = await client.ReadToAsync("/>");
            Assert.That(Attribute(enabled, "resume"), Is.EqualTo("true"));
            Assert.That(Attribute(enabled, "max"), Is.EqualTo(wish.Contains("'60'", StringComparison.Ordinal) ? "60" : "600"));
            Assert.That(Attribute(enabled, "location"), Is.EqualTo("[2001:db8::1]:5222"));
            ids.Add(Attribute(enabled, "id")!);
        }
        Assert.That(ids, Is.Unique.And.All.Length.GreaterThanOrEqualTo(26));
    }

    [Test, Property("Spec", "SM-3")]
    public async Task What_was_sent_behind_a_request_is_asked_for_as_soon_as_that_is_answered()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='1'><body>x</body></message>");
        await juliet.ReadToAsync("id='1'");
        await juliet.ReadToAsync($"<r {Sm}/>");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='2'><body>x</body></message>");
        await juliet.ReadToAsync("id='2'");
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        await juliet.ReadToAsync($"<r {Sm}/>");
        await juliet.SendAsync($"<a {Sm} h='3'/></stream:stream>");
        await juliet.ReadToEndAsync();
        // Nothing of it comes again.
        (TestClient next, _) = await host.LoginAsync("juliet", "next");
        await next.SendAsync("<presence/><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await next.ReadToAsync("id='p'"), Does.Not.Contain("<message"));
    }

    [Test, Property("Spec", "SM-2")]
    public async Task Where_sessions_cannot_be_resumed_it_says_so()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.ResumeSeconds = 0);
        TestClient client = await host.AuthenticateAsync("juliet");
        Assert.That(await client.ResumeAsync("x", 0), Does.Contain("<feature-not-implemented "));
        await client.BindAsync();
        await client.SendAsync($"<enable {Sm} resume='true'/>");
        Assert.That(await client.ReadToAsync("/>"), Is.EqualTo($"<enabled {Sm}/>"));
    }

    [Test, Property("Spec", "SM-3")]
    public async Task Stanzas_count_when_they_are_handled_and_nothing_else_does()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await host.AuthenticateAsync("juliet");
        await client.BindAsync("sm");
        // Sent before stream management.
        await client.SendAsync(Roster);
        await client.EnableAsync();
        Assert.That(await client.RequestAsync(), Is.EqualTo("0"));
        await client.SendAsync($"<inactive xmlns='urn:xmpp:csi:0'/><presence/> <a {Sm} h='0'/> <active xmlns='urn:xmpp:csi:0'/> <message to='@@'/>{Roster}<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
        Assert.That(await client.RequestAsync(), Is.EqualTo("4"), "one that is refused is handled too");
        await client.SendAsync("<message to='romeo@localhost'><body>x</body></message><message to='romeo@localhost'><body>x</body></message>");
        Assert.That(await client.RequestAsync(), Is.EqualTo("6"));
        await client.SendAsync($"<r {Sm}/><r {Sm}/>");
        Assert.That(await client.ReadToAsync("<a xmlns='urn:xmpp:sm:3' h='6'/><a xmlns='urn:xmpp:sm:3' h='6'/>"), Is.Not.Empty, "each request has its answer");
    }

    [Test, Property("Spec", "SM-3")]
    public async Task The_count_goes_from_its_highest_value_to_zero()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _, _) = await host.ManageAsync("juliet");
        StreamManagement management = host.Session("juliet@localhost/sm")!.Management!;
        management.Received = uint.MaxValue - 1;
        await client.SendAsync("<presence/><presence/><message to='romeo@localhost'><body>x</body></message>");
        Assert.That(await client.RequestAsync(), Is.EqualTo("1"));
        // Outbound: two presences came back, beside the first one that was acknowledged.
        var outbound = new OutboundManagement(uint.MaxValue);
        outbound.Enable(10, 1000);
        for (int i = 0; i < 3; i++) outbound.Add(new OutboxEntry(null, 7 + i, 1));
        Assert.That(outbound.Sent, Is.EqualTo(2));
        Assert.That(outbound.CountUpTo(3), Is.EqualTo(-1));
        Assert.That(outbound.CountUpTo(uint.MaxValue), Is.Zero);
        Assert.That(outbound.CountUpTo(uint.MaxValue - 1), Is.Zero, "COMPAT: backwards");
        long[] sequences = new long[3];
        Assert.That(outbound.Look(outbound.CountUpTo(1), sequences), Is.EqualTo(2));
        outbound.Remove(2);
        Assert.That(sequences, Is.EqualTo(new long[] { 7, 8, 0 }));
        Assert.That(outbound.CountUpTo(2), Is.EqualTo(1));
    }

    [Test, Property("Spec", "SM-3"), Property("Spec", "D4")]
    public async Task What_is_not_durable_is_not_acknowledged_and_the_stream_goes_on_meanwhile()
    {
        Testing.FaultyEngine engine = null!;
        await using StreamHost host = await StreamHost.StartAsync(engine: real => engine = new Testing.FaultyEngine(real));
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        await romeo.SendAsync("<presence/>");
        await romeo.ReadToAsync("</presence>".Replace("</presence>", "/>", StringComparison.Ordinal));
        engine.HoldCommits();
        await juliet.SendAsync($"<message to='romeo@localhost' id='held'><body>x</body></message><r {Sm}/><message to='romeo@localhost/r' id='on'><no-store xmlns='urn:xmpp:hints'/><body>x</body></message><r {Sm}/>");
        // The recipient has them at once, the sender no answer.
        await romeo.ReadToAsync("id='held'");
        await romeo.ReadToAsync("id='on'");
        await juliet.SendAsync("<presence/>");
        Assert.That(await juliet.ReadToAsync("<presence "), Does.Not.Contain("<a "));
        engine.LetCommitsEnd();
        Assert.That(await juliet.ReadToAsync("h='3'/>"), Does.Contain("<a xmlns='urn:xmpp:sm:3' h="), "presence, held, on");
    }

    [Test, Property("Spec", "SM-3"), Property("Spec", "D4")]
    public async Task What_could_not_be_stored_is_never_acknowledged_and_the_session_ends()
    {
        Testing.FaultyEngine engine = null!;
        await using StreamHost host = await StreamHost.StartAsync(engine: real => engine = new Testing.FaultyEngine(real));
        (TestClient juliet, string id, _) = await host.ManageAsync("juliet");
        engine.HoldCommits();
        engine.FailsCommits = true;
        await juliet.SendAsync($"<message to='romeo@localhost'><body>x</body></message><r {Sm}/><presence/>");
        await juliet.ReadToAsync("<presence ");
        engine.FailsCommits = false;
        engine.LetCommitsEnd();
        Assert.That(await juliet.ReadToAsync("</stream:stream>"), Does.Contain("<internal-server-error ").And.Not.Contain("<a "));
        await HangUpAsync(host, juliet);
        (_, string answer) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(answer, Does.StartWith("<failed").And.Contain(" h='1'").And.Contain("<item-not-found "), "the presence before it was handled");
    }

    [Test]
    public async Task Whoever_asks_for_nonsense_faster_than_he_reads_is_cut_off()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        string nonsense = string.Concat(Enumerable.Repeat($"<resume {Sm} previd='x' h='0'/>", 100));
        // More answers than the line takes while nobody reads it.
        for (int i = 0; i < 50; i++) await juliet.SendAsync(nonsense);
        Assert.That(await juliet.ReadToAsync("</stream:stream>"), Does.Contain("<policy-violation "));
    }

    [Test, Property("Spec", "SM-3")]
    public void An_answer_never_takes_back_what_was_told()
    {
        var outbound = new OutboundManagement();
        outbound.Answer(5);
        outbound.Answer(4);
        Assert.That(Said(outbound), Is.EqualTo($"<a {Sm} h='5'/><a {Sm} h='5'/>"));
        // On a new line the client was told 9, and an answer of the old one comes late.
        outbound.Answer(6);
        outbound.Forget(9);
        Assert.That(Said(outbound), Is.Empty);
        outbound.Answer(7);
        Assert.That(Said(outbound), Is.EqualTo($"<a {Sm} h='9'/>"));
        for (int i = 0; i < 1000; i++) outbound.Answer(10);
        Assert.That(Said(outbound).Split("<a ").Length - 1, Is.EqualTo(64), "who asks more often than he reads");
    }

    private static string Said(OutboundManagement outbound)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        outbound.Take(hasStanzas: false);
        outbound.WriteBefore(output);
        outbound.WriteBehind(output);
        return System.Text.Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Test, Property("Spec", "SM-6")]
    public async Task To_acknowledge_more_than_was_sent_is_an_error()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _, _) = await host.ManageAsync("juliet");
        await client.SendAsync($"<a {Sm} h='10'/>");
        Assert.That(await client.ReadToAsync("</stream:stream>"),
            Does.Contain("<undefined-condition ").And.Contain("<handled-count-too-high xmlns='urn:xmpp:sm:3' h='10' send-count='1'/>"));
        await HangUpAsync(host, client);
        Assert.That(host.Session("juliet@localhost/sm"), Is.Null);
    }

    [TestCase(""), TestCase("h='x'"), TestCase("h='-1'"), TestCase("h='4294967296'")]
    public async Task An_acknowledgement_needs_its_number(string number)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _, _) = await host.ManageAsync("juliet");
        await client.SendAsync($"<a {Sm} {number}/>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.Contain("<invalid-xml "));
    }

    [Test, Property("Spec", "SM-3"), Property("Spec", "D4")]
    public async Task A_message_is_delivered_when_it_is_acknowledged_and_not_before()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        ClientSession session = host.Session("juliet@localhost/sm")!;
        await romeo.SendAsync("<message to='juliet@localhost' id='1'><body>x</body></message><message to='juliet@localhost' id='2'><body>x</body></message>");
        Assert.That(Ids(await juliet.ReadToAsync("id='2'") + ">"), Is.EqualTo(new[] { "1", "2" }));
        await juliet.FenceAsync();
        Assert.That(session.Presentity.Undelivered.Count, Is.EqualTo(2));
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        await juliet.FenceAsync();
        Assert.That(session.Presentity.Undelivered.Count, Is.EqualTo(1));
        await juliet.SendAsync($"<a {Sm} h='3'/>");
        await juliet.FenceAsync();
        Assert.That(session.Presentity.Undelivered.Count, Is.Zero);
    }

    [Test, Property("Spec", "SM-3")]
    public async Task One_request_is_outstanding_at_a_time()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        for (int i = 0; i < 3; i++)
        {
            await romeo.SendAsync($"<message to='juliet@localhost' id='m{i}'><body>x</body></message>");
            string read = await juliet.ReadToAsync($"id='m{i}'") + await juliet.FenceAsync();
            Assert.That(read.Split("<r ").Length - 1, Is.EqualTo(i == 0 ? 1 : 0), $"message {i}");
        }
        // What came behind the request is asked for when that is answered; the writer may be there before the fence or after.
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        string asked = await juliet.FenceAsync();
        if (asked.Length == 0) asked = await juliet.ReadToAsync("/>");
        Assert.That(asked, Is.EqualTo("<r xmlns='urn:xmpp:sm:3'/>"));
        host.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.That(await juliet.FenceAsync(), Is.Empty);
        await juliet.SendAsync($"<a {Sm} h='4'/>");
        await juliet.FenceAsync();
        host.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(await juliet.FenceAsync(), Is.Empty, "nothing is owed");
    }

    [Test, Property("Spec", "SM-3"), Property("Spec", "Outbox")]
    public async Task Without_acknowledgements_the_window_fills_and_the_rest_waits_in_order()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.WindowStanzas = 5);
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        for (int i = 0; i < 12; i++) await romeo.SendAsync($"<message to='juliet@localhost' id='{i}'><body>x</body></message>");
        string read = await juliet.ReadToAsync("id='4'");
        Assert.That(await juliet.FenceAsync(), Does.Not.Contain("<message"), "five are on their way");
        await juliet.SendAsync($"<a {Sm} h='3'/>");
        read += await juliet.ReadToAsync("id='6'");
        Assert.That(await juliet.FenceAsync(), Does.Not.Contain("<message"));
        await juliet.SendAsync($"<a {Sm} h='8'/>");
        read += await juliet.ReadToAsync("id='11'");
        Assert.That(Ids(read + ">"), Is.EqualTo(Enumerable.Range(0, 12).Select(i => $"{i}")));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task The_window_counts_bytes_too()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.WindowBytes = 3000);
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        for (int i = 0; i < 12; i++) await romeo.SendAsync($"<message to='juliet@localhost' id='{i}'><body>{new string('x', 1000)}</body></message>");
        await juliet.ReadToAsync("id='2'");
        // Read to its end, and no further.
        Assert.That(await juliet.FenceAsync(), Does.Not.Contain("<message"));
    }

    private static async Task HangUpAsync(StreamHost host, TestClient client)
    {
        await client.DisposeAsync();
        await host.EndedAsync();
    }
}
