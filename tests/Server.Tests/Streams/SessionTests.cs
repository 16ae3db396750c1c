using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Binding and what a bound stream does with stanzas, silence and its end (RFC 6120 §7, §8.1, §4.4, §4.6).</summary>
[CancelAfter(60_000)]
public sealed class SessionTests
{
    private const string BindNs = "urn:ietf:params:xml:ns:xmpp-bind";

    private static async Task<TestClient> AuthenticateAsync(StreamHost host)
    {
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.PlainAsync("juliet", StreamHost.Password);
        await client.OpenAsync();
        return client;
    }

    private static ClientSession SessionOf(StreamHost host, string jid)
    {
        Jid full = Jid.Parse(jid);
        Assert.That(host.Get<Presentities>().TryFind(full.Bare, out Presentity? presentity), Is.True);
        return presentity!.FindSession(full.Resource!)!;
    }

    [Test, Property("Spec", "B-02"), Property("Spec", "B-03"), Property("Spec", "B-04"), Property("Spec", "B-05")]
    public async Task A_resource_is_as_asked_or_made_up()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        Assert.That(await (await AuthenticateAsync(host)).BindAsync("balcony"), Is.EqualTo("juliet@localhost/balcony"));
        Assert.That(await (await AuthenticateAsync(host)).BindAsync(), Does.Match("^juliet@localhost/.{8,}$"));
        Assert.That(await (await AuthenticateAsync(host)).BindAsync("&#xFE0F;&#x7F;"), Does.Match("^juliet@localhost/[a-z0-9]{8,}$"), "an illegal one is made up, not refused");
        Assert.That(await (await AuthenticateAsync(host)).BindAsync(new string('x', 2000)), Does.Match("^juliet@localhost/[a-z0-9]{8,}$"));
    }

    [Test, Property("Spec", "B-06")]
    public async Task A_taken_resource_gives_the_newcomer_another_and_both_live()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient first = await AuthenticateAsync(host);
        TestClient second = await AuthenticateAsync(host);
        string one = await first.BindAsync("balcony"), two = await second.BindAsync("balcony");
        Assert.That(two, Is.Not.EqualTo(one));
        foreach (TestClient client in new[] { first, second })
        {
            await client.SendAsync("<iq type='get' id='still'><query xmlns='jabber:iq:roster'/></iq>");
            Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("id='still'"));
        }
    }

    [Test, Property("Spec", "B-07"), Property("Spec", "B-08"), Property("Spec", "D-02")]
    public async Task Too_many_resources_are_refused_and_ten_tries_end_the_stream()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.ResourcesPerAccount = 1);
        await host.LoginAsync("juliet");
        TestClient client = await AuthenticateAsync(host);
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync($"<iq type='set' id='b{i}'><bind xmlns='{BindNs}'/></iq>");
            string answer = await client.ReadToAsync("</iq>");
            Assert.That(answer, Does.Contain("type='error'").And.Contain($"id='b{i}'").And.Contain("type='wait'").And.Contain("<resource-constraint "));
        }
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><policy-violation "));
    }

    [Test, Property("Spec", "B-02")]
    public async Task A_bind_that_is_none_is_a_bad_request_and_the_next_one_works()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await AuthenticateAsync(host);
        await client.SendAsync($"<iq type='get' id='1'><bind xmlns='{BindNs}'/></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("<bad-request "));
        await client.SendAsync($"<iq type='set' id='2'><bind xmlns='{BindNs}'/><bind xmlns='{BindNs}'/></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("<bad-request "));
        await client.BindAsync();
        await client.SendAsync($"<iq type='set' id='3'><bind xmlns='{BindNs}'/></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("<not-allowed "));
    }

    [TestCase("<message to='romeo@localhost'><body>x</body></message>"), TestCase("<presence/>"), TestCase("<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"), TestCase("<iq type='set' id='1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"), Property("Spec", "S-06")]
    public async Task Before_binding_stanzas_are_not_authorized(string xml)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await AuthenticateAsync(host);
        await client.SendAsync(xml);
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><not-authorized "));
    }

    [Test, Property("Spec", "B-09")]
    public async Task The_session_of_old_is_answered_empty()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync("<iq type='set' id='s1' to='localhost'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
        string answer = await client.ReadToAsync("/>");
        Assert.That(answer, Does.StartWith("<iq ").And.Contain("type='result'").And.Contain("id='s1'"));
    }

    [Test, Property("Spec", "Z-04"), Property("Spec", "S-12"), Property("Spec", "D-06")]
    public async Task A_message_arrives_from_the_full_JID_in_the_streams_language()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, string from) = await host.LoginAsync("juliet", "balcony");
        (TestClient romeo, string to) = await host.LoginAsync("romeo", "orchard");
        await juliet.SendAsync($"<message to='{to}' type='chat' id='m1'><body>Art thou not Romeo?</body></message>");
        string received = await romeo.ReadToAsync("</message>");
        Assert.That(received, Does.Contain($"from='{from}'").And.Contain($"to='{to}'").And.Contain("xml:lang='en'").And.Contain("<body>Art thou not Romeo?</body>"));
        Assert.That(received, Does.Not.Contain("192.0.2"));
        await juliet.SendAsync($"<message to='{to}' type='chat' id='m2' xml:lang='it' from='juliet@localhost'><body>Sì</body></message>");
        received = await romeo.ReadToAsync("</message>");
        Assert.That(received, Does.Contain("xml:lang='it'").And.Not.Contain("xml:lang='en'").And.Contain($"from='{from}'"));
    }

    [TestCase("romeo@localhost"), TestCase("juliet@localhost/other"), TestCase("localhost"), TestCase("@@"), TestCase(""), Property("Spec", "SE-01")]
    public async Task A_from_that_is_not_the_sessions_ends_the_stream(string from)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync($"<message from='{from}' to='romeo@localhost'><body>x</body></message>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><invalid-from "));
    }

    [TestCase("<unknown xmlns='urn:x'/>"), TestCase("<message xmlns='jabber:server' to='romeo@localhost'/>"), Property("Spec", "S-17")]
    public async Task An_unknown_first_level_element_is_unsupported(string xml)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync(xml);
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><unsupported-stanza-type "));
    }

    [TestCase("</stream:stream>"), TestCase(""), Property("Spec", "SE-02")]
    public async Task A_stream_error_of_the_client_is_answered_by_the_closing_tag_alone(string rest)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync("<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>" + rest);
        Assert.That(await client.ReadToAsync("</stream:stream>"), Is.EqualTo("</stream:stream>"));
    }

    [Test, Property("Spec", "Z-14"), Property("Spec", "Z-16"), Property("Spec", "E-03")]
    public async Task A_stanza_that_cannot_be_routed_is_answered_and_the_stream_lives()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, string jid) = await host.LoginAsync("juliet");
        await client.SendAsync("<iq type='get' id='two'><a xmlns='urn:a'/><b xmlns='urn:b'/></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("id='two'").And.Contain("<bad-request ").And.Contain($"to='{jid}'"));
        await client.SendAsync("<message to='@@' id='bad'><body>x</body></message>");
        Assert.That(await client.ReadToAsync("</message>"), Does.Contain("id='bad'").And.Contain("<jid-malformed "));
        await client.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(await client.ReadToAsync("id='r'"), Does.Contain("<iq "));
    }

    [Test, Property("Spec", "S-21")]
    public async Task A_silent_client_is_asked_and_stays_when_it_answers()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, string jid) = await host.LoginAsync("juliet");
        host.Time.Advance(TimeSpan.FromSeconds(host.Options.Limits.IdleSeconds + 1));
        string ping = await client.ReadToAsync("</iq>");
        Assert.That(ping, Does.Contain("<ping xmlns='urn:xmpp:ping'/>").And.Contain("from='localhost'").And.Contain($"to='{jid}'").And.Contain("type='get'"));
        int at = ping.IndexOf("id='", StringComparison.Ordinal) + 4;
        await client.SendAsync($"<iq type='result' id='{ping[at..ping.IndexOf('\'', at)]}' to='localhost'/><iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        await client.ReadToAsync("id='r'");
        host.Time.Advance(TimeSpan.FromSeconds(100));
        await client.SendAsync("<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>");
        await client.ReadToAsync("id='r2'");
    }

    [Test, Property("Spec", "S-21")]
    public async Task Whitespace_is_a_sign_of_life()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, string jid) = await host.LoginAsync("juliet");
        int idle = host.Options.Limits.IdleSeconds;
        host.Time.Advance(TimeSpan.FromSeconds(idle - 10));
        // The answer to the request behind it shows that the whitespace was read, at this time.
        await client.SendAsync(" ");
        await client.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        await client.ReadToAsync("id='r'");
        host.Time.Advance(TimeSpan.FromSeconds(idle - 10));
        Assert.That(SessionOf(host, jid).Outbox.CloseReason, Is.Null);
        await client.SendAsync("<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(await client.ReadToAsync("id='r2'"), Does.Not.Contain("urn:xmpp:ping"));
    }

    [Test, Property("Spec", "S-21"), Property("Spec", "SE-01"), Property("Spec", "SE-connection-timeout")]
    public async Task A_client_that_does_not_answer_is_timed_out()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.StreamManagement.AckSeconds = 7);
        (TestClient client, _) = await host.LoginAsync("juliet");
        host.Time.Advance(TimeSpan.FromSeconds(host.Options.Limits.IdleSeconds + 1));
        await client.ReadToAsync("urn:xmpp:ping");
        // Asked at the last second of the silence; told at the last one for the answer, and no later, or the line would be cut as well.
        host.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.Contain("<stream:error><connection-timeout "));
    }

    [Test, Property("Spec", "S-19")]
    public async Task A_closing_client_gets_its_answers_first()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, string jid) = await host.LoginAsync("juliet");
        await client.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq></stream:stream>");
        Assert.That(await client.ReadToEndAsync(), Does.Contain("id='r'").And.EndWith("</stream:stream>"));
        await host.EndedAsync();
        Assert.That(host.Get<Presentities>().TryFind(Jid.Parse(jid).Bare, out Presentity? left) && left.Sessions.Count > 0, Is.False);
    }

    [Test, Property("Spec", "S-19")]
    public async Task A_session_closed_by_the_server_waits_for_the_clients_end()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, string jid) = await host.LoginAsync("juliet");
        SessionOf(host, jid).Close(StreamError.Conflict);
        Assert.That(await client.ReadToAsync("</stream:stream>"), Is.EqualTo("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"));
        // What is still under way is taken and dropped; the closing tag, in two packets, ends it.
        await client.SendAsync("<presence/></stream:st");
        await client.SendAsync("ream>");
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
        await host.EndedAsync();
    }

    [Test, Property("Spec", "S-19")]
    public async Task A_client_that_never_closes_is_cut_after_a_while()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, string jid) = await host.LoginAsync("juliet");
        SessionOf(host, jid).Close(null);
        Assert.That(await client.ReadToAsync("</stream:stream>"), Is.EqualTo("</stream:stream>"));
        while (!host.Ended) host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.EndedAsync();
    }

    [Test]
    public async Task A_cut_line_ends_the_session_once()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var pipes = new PipePair();
        TestClient client = host.Connect(pipes);
        string jid = await client.LoginAsync("juliet", StreamHost.Password);
        pipes.HangUp();
        await host.EndedAsync();
        Assert.That(host.Get<Presentities>().TryFind(Jid.Parse(jid).Bare, out Presentity? left) && left.Sessions.Count > 0, Is.False);
    }

    [Test]
    public async Task What_was_sent_behind_the_end_of_an_account_leaves_nothing_for_the_next_of_its_name()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        const string Note = "<query xmlns='jabber:iq:private'><a xmlns='urn:example:note'>planted</a></query>";
        (TestClient leaving, _) = await host.LoginAsync("romeo");
        await leaving.SendAsync($"<iq type='set' id='1'><query xmlns='jabber:iq:register'><remove/></query></iq><iq type='set' id='2'>{Note}</iq>");
        Assert.That(await leaving.ReadToAsync("</stream:stream>"), Does.Contain("id='1' type='result'").And.Contain("<not-authorized ").And.Not.Contain("id='2'"));

        await host.AddAccountAsync("romeo");
        (TestClient next, _) = await host.LoginAsync("romeo");
        await next.SendAsync("<iq type='get' id='3'><query xmlns='jabber:iq:private'><a xmlns='urn:example:note'/></query></iq>");
        Assert.That(await next.ReadToAsync("</iq>"), Does.Contain("id='3'").And.Not.Contain("planted"));
    }
}
