using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Components (XEP-0114): who may connect, what goes through, what becomes of what cannot.</summary>
[CancelAfter(60_000)]
public sealed class ComponentTests
{
    private const string Away = "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";

    [Test]
    public async Task The_header_is_answered_by_one_with_an_id_and_nothing_else_and_the_secret_opens()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = host.Connect();
        await peer.SendAsync("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='irc.localhost'>");
        string header = await peer.ReadToAsync("<stream:stream") + await peer.ReadToAsync(">");
        Assert.That(header, Does.Match("^<\\?xml version='1.0'\\?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='irc.localhost' id='[0-9a-f]{32}'>$"));
        await peer.SendAsync(ComponentHost.Handshake(header.Split(" id='")[1].Split('\'')[0], ComponentHost.Secret));
        Assert.That(await peer.ReadToAsync(">"), Is.EqualTo("<handshake/>"));
        Assert.That(host.Host.Get<ComponentDomains>().ConnectedAt("localhost"), Is.EqualTo(new[] { "irc.localhost" }));
        await peer.SendAsync("</stream:stream>");
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Is.EqualTo("</stream:stream>"));
        Assert.That(host.Host.Get<ComponentDomains>().ConnectedAt("localhost"), Is.Empty);
    }

    [TestCase("another", TestName = "The secret of another component")]
    [TestCase("", TestName = "No secret")]
    public async Task Who_does_not_know_the_secret_is_not_let_in(string secret)
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = host.Connect();
        await peer.SendAsync(ComponentHost.Handshake(await ComponentHost.OpenAsync(peer, "irc.localhost"), secret) + "<message from='x@irc.localhost' to='romeo@localhost'/>");
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Is.EqualTo("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"));
    }

    [Test]
    public async Task A_handshake_is_good_for_its_own_stream_only()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient first = host.Connect(), second = host.Connect();
        string id = await ComponentHost.OpenAsync(first, "irc.localhost");
        Assert.That(await ComponentHost.OpenAsync(second, "irc.localhost"), Is.Not.EqualTo(id));
        await second.SendAsync(ComponentHost.Handshake(id, ComponentHost.Secret));
        Assert.That(await second.ReadToAsync("</stream:stream>"), Does.Contain("<not-authorized "));
    }

    [TestCase("<message from='a@irc.localhost' to='juliet@localhost'><body>hi</body></message>")]
    [TestCase("<handshake/>"), TestCase("<handshake xmlns='jabber:client'/>"), TestCase("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")]
    public async Task Nothing_is_taken_before_the_handshake(string xml)
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = host.Connect();
        await ComponentHost.OpenAsync(peer, "irc.localhost");
        await peer.SendAsync(xml);
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><not-authorized "));
    }

    [TestCase("xmlns='jabber:component:accept' to='other.localhost'", "host-unknown")]
    [TestCase("xmlns='jabber:component:accept' to='localhost'", "host-unknown")]
    [TestCase("xmlns='jabber:component:accept' to='me@irc.localhost'", "host-unknown")]
    [TestCase("xmlns='jabber:component:accept' to='@'", "host-unknown")]
    [TestCase("xmlns='jabber:component:accept'", "host-unknown")]
    [TestCase("xmlns='jabber:client' to='irc.localhost'", "invalid-namespace")]
    [TestCase("xmlns='jabber:component:connect' to='irc.localhost'", "invalid-namespace")]
    public async Task A_header_that_is_not_served_gets_one_and_an_error(string attributes, string condition)
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = host.Connect();
        await peer.SendAsync($"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' {attributes}>");
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.Match($"^<\\?xml version='1.0'\\?><stream:stream [^>]*><stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>.*</stream:error></stream:stream>$"));
    }

    [Test]
    public async Task A_client_at_home_here_does_not_get_in_by_the_namespace_of_components()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient client = host.Host.Connect();
        await client.SendAsync("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='irc.localhost'>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.Contain("<invalid-namespace "));
    }

    [TestCase("<message from='a@other.example' to='juliet@localhost'/>", "invalid-from")]
    [TestCase("<message from='romeo@localhost' to='juliet@localhost'/>", "invalid-from")]
    [TestCase("<message from='a@b.irc.localhost' to='juliet@localhost'/>", "invalid-from")]
    [TestCase("<message to='juliet@localhost'/>", "improper-addressing")]
    [TestCase("<message from='a@irc.localhost'/>", "improper-addressing")]
    [TestCase("<message from='@' to='juliet@localhost'/>", "improper-addressing")]
    [TestCase("<route from='irc.localhost' to='juliet@localhost'/>", "unsupported-stanza-type")]
    [TestCase("<message xmlns='jabber:client' from='a@irc.localhost' to='juliet@localhost'/>", "unsupported-stanza-type")]
    public async Task It_speaks_for_its_own_domain_only(string stanza, string condition)
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        (TestClient juliet, _) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync("<presence/>");
        await juliet.ReadToAsync("/>");
        TestClient peer = await host.LoginAsync();
        await peer.SendAsync(stanza);
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.StartWith($"<stream:error><{condition} "));
        await juliet.SendAsync("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await juliet.ReadToAsync("/>"), Does.StartWith("<iq "), "nothing came before the answer");
    }

    [Test]
    public async Task A_bad_address_among_those_of_its_users_does_not_end_it()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        await peer.SendAsync("<message from='a@irc.localhost' to='@' id='m1'/>");
        Assert.That(await peer.ReadToAsync("</message>"), Is.EqualTo("<message from='localhost' to='a@irc.localhost' id='m1' type='error'><error type='modify'><jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"));
        await peer.SendAsync("<iq from='a@irc.localhost' to='localhost' type='get' id='i1'/>");
        Assert.That(await peer.ReadToAsync("</iq>"), Does.Contain("<bad-request "));
        await peer.SendAsync("<iq from='a@irc.localhost' to='localhost' type='get' id='i2'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await peer.ReadToAsync("/>"), Is.EqualTo("<iq from='localhost' to='a@irc.localhost' id='i2' type='result'/>"));
    }

    [Test, Property("Spec", "R-30")]
    public async Task Stanzas_go_both_ways_in_the_namespace_of_each()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        (TestClient juliet, string jid) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync("<presence/>");
        await juliet.ReadToAsync("/>");
        await juliet.SendAsync("<message to='#room@irc.localhost/nick' type='chat' id='m1'><body xmlns='jabber:client'>hi</body></message>");
        Assert.That(await peer.ReadToAsync("</message>"), Is.EqualTo($"<message from='{jid}' to='#room@irc.localhost/nick' id='m1' type='chat' xml:lang='en'><body>hi</body></message>"));
        await peer.SendAsync($"<message from='#room@irc.localhost/nick' to='{jid}' type='chat' id='m2'><body xmlns='jabber:component:accept'>ho</body></message>");
        Assert.That(await juliet.ReadToAsync("</message>"), Does.StartWith($"<message from='#room@irc.localhost/nick' to='{jid}' id='m2' type='chat'><body>ho</body>"));
        // Who is not to know that she is there is not told by an iq either (D6).
        await juliet.SendAsync("<presence to='irc.localhost'/>");
        Assert.That(await peer.ReadToAsync("/>"), Does.StartWith("<presence "));
        await peer.SendAsync($"<iq from='irc.localhost' to='{jid}' type='get' id='q1'><query xmlns='jabber:iq:version'/></iq>");
        Assert.That(await juliet.ReadToAsync("</iq>"), Is.EqualTo($"<iq from='irc.localhost' to='{jid}' id='q1' type='get'><query xmlns='jabber:iq:version'/></iq>"));
        await juliet.SendAsync("<iq to='irc.localhost' type='result' id='q1'><query xmlns='jabber:iq:version'><name>x</name></query></iq>");
        Assert.That(await peer.ReadToAsync("</iq>"), Does.Contain("<name>x</name>"));
    }

    [Test]
    public async Task While_it_is_away_its_senders_are_told_at_once()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        (TestClient juliet, _) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync("<message to='a@irc.localhost' id='m1'><body>hi</body></message>");
        Assert.That(await juliet.ReadToAsync("</message>"), Does.Contain("from='a@irc.localhost'").And.Contain(Away));
        TestClient peer = await host.LoginAsync();
        await juliet.SendAsync("<message to='a@irc.localhost' id='m2'><body>hi</body></message>");
        Assert.That(await peer.ReadToAsync("</message>"), Does.Contain("id='m2'"));
        await peer.DisposeAsync();
        await host.EndedAsync(peer);
        await juliet.SendAsync("<iq to='irc.localhost' type='get' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await juliet.ReadToAsync("</iq>"), Does.Contain(Away));
    }

    [Test]
    public async Task One_that_comes_back_takes_the_place_of_its_older_line()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        (TestClient juliet, _) = await host.Host.LoginAsync("juliet");
        TestClient older = await host.LoginAsync();
        TestClient newer = host.Connect();
        string id = await ComponentHost.OpenAsync(newer, "irc.localhost");
        await newer.SendAsync(ComponentHost.Handshake(id, ComponentHost.Secret));
        Assert.That(await older.ReadToAsync("</stream:stream>"), Is.EqualTo("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"));
        Assert.That(await newer.ReadToAsync("/>"), Is.EqualTo("<handshake/>"));
        await juliet.SendAsync("<message to='a@irc.localhost' id='m1'><body>hi</body></message>");
        Assert.That(await newer.ReadToAsync("</message>"), Does.Contain("id='m1'"));
        await older.DisposeAsync();
        await host.EndedAsync(older);
        await juliet.SendAsync("<message to='a@irc.localhost' id='m2'><body>hi</body></message>");
        Assert.That(await newer.ReadToAsync("</message>"), Does.Contain("id='m2'"), "the older one's end is not the newer one's");
    }

    [Test]
    public async Task Who_does_not_know_the_secret_does_not_push_the_component_out()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        TestClient stranger = host.Connect();
        await stranger.SendAsync(ComponentHost.Handshake(await ComponentHost.OpenAsync(stranger, "irc.localhost"), "guess"));
        await stranger.ReadToAsync("</stream:stream>");
        await peer.SendAsync("<iq from='irc.localhost' to='localhost' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await peer.ReadToAsync("/>"), Does.Contain("type='result'"));
    }

    [Test]
    public async Task Who_guesses_has_few_tries_and_hurts_no_other_component()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        for (int i = 0; i < host.Host.Options.Limits.AuthFailuresPerMinute; i++) Assert.That(await GuessAsync(host, "guess"), Does.Contain("<not-authorized "));
        Assert.That(await GuessAsync(host, ComponentHost.Secret), Does.Contain("<policy-violation "));
        await host.LoginAsync("pubsub.example", "another");
        host.Host.Time.Advance(TimeSpan.FromSeconds(61));
        await host.LoginAsync();
    }

    private static async Task<string> GuessAsync(ComponentHost host, string secret)
    {
        TestClient stranger = host.Connect();
        await stranger.SendAsync(ComponentHost.Handshake(await ComponentHost.OpenAsync(stranger, "irc.localhost"), secret));
        return await stranger.ReadToAsync("</stream:stream>");
    }

    [Test]
    public async Task One_that_never_reads_costs_no_more_than_its_queue_and_is_cut_and_what_waited_goes_back()
    {
        await using ComponentHost host = await ComponentHost.StartAsync(options => (options.Limits.UnheardSeconds, options.Limits.IdleSeconds) = (0, 0));
        var pipes = new PipePair();
        TestClient peer = await host.LoginAsync(pipes: pipes);
        (TestClient juliet, _) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync("<presence/>");
        await juliet.ReadToAsync("/>");
        string body = new('x', 8000);
        int refused = 0, sent = 0;
        // Full when one comes back at once; the pipe and the queue hold 64 KB each.
        for (; refused == 0 && sent < 100; sent++)
        {
            await juliet.SendAsync($"<message to='a@irc.localhost' id='m{sent}'><body>{body}</body></message><iq type='get' id='p{sent}'><ping xmlns='urn:xmpp:ping'/></iq>");
            string answer = await juliet.ReadToAsync($"id='p{sent}' type='result'/>");
            if (answer.Contains("<resource-constraint ", StringComparison.Ordinal)) refused++;
        }
        Assert.That(refused, Is.EqualTo(1));
        Assert.That(sent, Is.InRange(10, 30));
        host.Host.Time.Advance(TimeSpan.FromSeconds(host.Host.Options.Limits.StalledSeconds + 2));
        await pipes.Aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await host.EndedAsync(peer);
        // All that was queued behind the pipe goes back, in order, the last one taken at last.
        string returned = await juliet.ReadToAsync($"id='m{sent - 2}' type='error'");
        Assert.That(await juliet.ReadToAsync("</message>"), Does.Contain(Away));
        Assert.That(returned, Does.Contain(Away));
    }

    [Test]
    public async Task When_the_server_stops_what_waits_is_still_written()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        (TestClient juliet, _) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync("<message to='a@irc.localhost' id='m1'><body>hi</body></message><iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>");
        await juliet.ReadToAsync("id='p1' type='result'/>");
        host.Stop();
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.Match("^<message [^>]*id='m1'.*</message><stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>$"));
    }

    [Test]
    public async Task A_stranger_has_only_so_long()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient stranger = host.Connect(), peer = await host.LoginAsync();
        await ComponentHost.OpenAsync(stranger, "irc.localhost");
        host.Host.Time.Advance(TimeSpan.FromSeconds(host.Host.Options.Limits.PreAuthSeconds + 1));
        Assert.That(await stranger.ReadToAsync("</stream:stream>"), Does.Contain("<connection-timeout "));
        await peer.SendAsync("<iq from='irc.localhost' to='localhost' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await peer.ReadToAsync("/>"), Does.Contain("type='result'"));
    }

    [Test]
    public async Task Presence_goes_both_ways_and_is_taken_back_with_the_line()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        (TestClient juliet, string jid) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync("<presence/>");
        await juliet.ReadToAsync("/>");
        await juliet.SendAsync("<presence to='#room@irc.localhost/juliet'/>");
        Assert.That(await peer.ReadToAsync("/>"), Is.EqualTo($"<presence from='{jid}' to='#room@irc.localhost/juliet' xml:lang='en'/>"));
        await peer.SendAsync($"<presence from='#room@irc.localhost/romeo' to='{jid}'/>");
        Assert.That(await juliet.ReadToAsync("/>"), Is.EqualTo($"<presence from='#room@irc.localhost/romeo' to='{jid}'/>"));
        await peer.DisposeAsync();
        await host.EndedAsync(peer);
        Assert.That(await juliet.ReadToAsync("</presence>"), Does.StartWith($"<presence from='#room@irc.localhost/romeo' to='{jid}' type='unavailable'>"));
    }

    [Test]
    public async Task A_message_for_a_user_who_is_away_waits_for_him()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        await peer.SendAsync("<message from='a@irc.localhost' to='romeo@localhost' type='chat' id='m1'><body>later</body></message><iq from='irc.localhost' to='localhost' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await peer.ReadToAsync("/>"), Does.Contain("type='result'"));
        (TestClient romeo, _) = await host.Host.LoginAsync("romeo");
        await romeo.SendAsync("<presence/>");
        Assert.That(await romeo.ReadToAsync("</message>"), Does.Contain("<body>later</body>"));
    }

    [Test]
    public async Task Items_of_the_domain_are_the_connected_ones()
    {
        const string Ask = "<iq to='localhost' type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>";
        await using ComponentHost host = await ComponentHost.StartAsync();
        (TestClient juliet, _) = await host.Host.LoginAsync("juliet");
        await juliet.SendAsync(Ask);
        Assert.That(await juliet.ReadToAsync("</iq>"), Does.EndWith("<query xmlns='http://jabber.org/protocol/disco#items'><item jid='watchers.localhost'/></query></iq>"));
        await host.LoginAsync();
        await juliet.SendAsync(Ask);
        Assert.That(await juliet.ReadToAsync("</iq>"), Does.EndWith("<query xmlns='http://jabber.org/protocol/disco#items'><item jid='irc.localhost'/><item jid='watchers.localhost'/></query></iq>"));
        await host.LoginAsync("pubsub.example", "another");
        await juliet.SendAsync(Ask);
        Assert.That(await juliet.ReadToAsync("</iq>"), Does.Contain("<item jid='irc.localhost'/><item jid='pubsub.example'/>"));
    }

    [Test]
    public async Task Components_reach_each_other()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient irc = await host.LoginAsync();
        await irc.SendAsync("<message from='irc.localhost' to='pubsub.example' id='m1'/>");
        Assert.That(await irc.ReadToAsync("</message>"), Does.StartWith("<message from='pubsub.example' to='irc.localhost' id='m1' type='error'>").And.Contain(Away));
        TestClient pubsub = await host.LoginAsync("pubsub.example", "another");
        await irc.SendAsync("<message from='irc.localhost' to='pubsub.example' id='m2'/>");
        Assert.That(await pubsub.ReadToAsync("/>"), Is.EqualTo("<message from='irc.localhost' to='pubsub.example' id='m2'/>"));
    }

    [Test]
    public async Task Other_servers_and_components_reach_each_other_through_us()
    {
        await using ComponentHost host = await ComponentHost.StartAsync();
        TestClient peer = await host.LoginAsync();
        var left = new TaskCompletionSource<Stanza>();
        host.Host.Get<RemoteDomains>().Taker = stanza =>
        {
            left.TrySetResult(stanza);
            return stanza.To!.Domain == "gone.example" ? StanzaError.RemoteServerNotFound : null;
        };
        await peer.SendAsync("<message from='a@irc.localhost' to='b@remote.example' id='m1'/>");
        Stanza sent = await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That((sent.From?.ToString(), sent.To?.ToString()), Is.EqualTo(("a@irc.localhost", "b@remote.example")));

        // Refused at once, and given back later by a link.
        await peer.SendAsync("<message from='a@irc.localhost' to='b@gone.example' id='m2'/>");
        Assert.That(await peer.ReadToAsync("</message>"), Does.StartWith("<message from='b@gone.example' to='a@irc.localhost' id='m2' type='error'>").And.Contain("<remote-server-not-found "));
        host.Host.Get<RemoteRouter>().Return(sent.ToError(StanzaError.RemoteServerTimeout)!);
        Assert.That(await peer.ReadToAsync("</message>"), Does.StartWith("<message from='b@remote.example' to='a@irc.localhost' id='m1' type='error'>"));

        // From another server, which has proven who it is.
        var origin = new RemoteOrigin(DomainProof.Dialback);
        await host.Host.Get<RemoteRouter>().RouteAsync(origin, new Message { From = Jid.Parse("b@remote.example/c"), To = Jid.Parse("a@irc.localhost"), Id = "m3", Content = StanzaContent.Of(new Element(Namespaces.Client, "body", "hi")) }, default);
        Assert.That(await peer.ReadToAsync("</message>"), Is.EqualTo("<message from='b@remote.example/c' to='a@irc.localhost' id='m3'><body>hi</body></message>"));
    }
}
