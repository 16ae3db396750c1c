using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Routing;

/// <summary>Iqs of other servers, and of ours to them: RFC 6120 §8.2.3, §10.3.3, §10.5 and RFC 6121 §8.5 (D5, D6).</summary>
public sealed class RemoteIqTests : RemoteFixture
{
    private const string Info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    private const string Items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
    private const string Last = "<query xmlns='jabber:iq:last'/>";
    private const string VCard = "<vCard xmlns='vcard-temp'/>";
    private const string Ping = "<ping xmlns='urn:xmpp:ping'/>";
    private TestClient romeo = null!;

    // Every request that a module answers, as its owner would ask it.
    private static readonly (string Type, string Payload)[] Requests =
    [
        ("get", Info), ("get", Items), ("get", Last), ("get", VCard), ("set", VCard), ("get", Ping),
        ("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/offline'/>"),
        ("get", "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/offline'/>"),
        ("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='nonsense'/>"),
        ("get", "<offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline>"), ("set", "<offline xmlns='http://jabber.org/protocol/offline'><purge/></offline>"),
        ("get", "<query xmlns='jabber:iq:roster'/>"), ("set", "<query xmlns='jabber:iq:roster'><item jid='a@b'/></query>"),
        ("get", "<query xmlns='urn:xmpp:mam:2'/>"), ("set", "<query xmlns='urn:xmpp:mam:2'/>"), ("get", "<metadata xmlns='urn:xmpp:mam:2'/>"),
        ("get", "<prefs xmlns='urn:xmpp:mam:2'/>"), ("set", "<prefs xmlns='urn:xmpp:mam:2' default='never'/>"),
        ("get", "<blocklist xmlns='urn:xmpp:blocking'/>"), ("set", "<block xmlns='urn:xmpp:blocking'><item jid='a@b'/></block>"), ("set", "<unblock xmlns='urn:xmpp:blocking'/>"),
        ("set", "<enable xmlns='urn:xmpp:carbons:2'/>"), ("set", "<disable xmlns='urn:xmpp:carbons:2'/>"),
        ("get", "<query xmlns='jabber:iq:private'><a xmlns='urn:a'/></query>"), ("set", "<query xmlns='jabber:iq:private'><a xmlns='urn:a'/></query>"),
        ("get", "<query xmlns='jabber:iq:register'/>"), ("set", "<query xmlns='jabber:iq:register'><remove/></query>"),
        ("set", "<query xmlns='jabber:iq:register'><username>romeo</username><password>xxxxxxxxxx</password></query>"),
        ("get", "<query xmlns='jabber:iq:version'/>"), ("get", "<time xmlns='urn:xmpp:time'/>"), ("set", "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"),
        ("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"), ("get", "<x xmlns='urn:x'/>"), ("set", "<x xmlns='urn:x'/>"),
    ];

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "nurse@localhost");
        await BefriendAsync();
        romeo = await LoginAsync("romeo@localhost/orchard");
    }

    private async Task<Element> AskAsync(string to, string payload, string type = "get", string from = Street)
    {
        await Remote.SendAsync($"<iq from='{from}' to='{to}' type='{type}' id='q'>{payload}</iq>");
        Element answer = Remote.Expect($"<iq from='{to}' to='{from}' id='q'/>");
        Remote.ExpectNothing();
        return answer;
    }

    [TestCase(Info, "query")]
    [TestCase(Items, "query")]
    [TestCase(Last, "query")]
    [TestCase(VCard, "vCard")]
    [TestCase("<query xmlns='jabber:iq:version'/>", "query")]
    [TestCase("<time xmlns='urn:xmpp:time'/>", "time")]
    [TestCase(Ping, null)]
    [Property("Spec", "R-32,Z-05,Z-15")]
    public async Task A_domain_answers_whoever_asks(string payload, string? name)
    {
        foreach (string to in new[] { "localhost", "localhost/any" })
        {
            Element answer = await AskAsync(to, payload);
            Assert.That((answer["type"], answer.Children.FirstOrDefault()?.LocalName), Is.EqualTo(("result", name)));
        }
    }

    [Test, Property("Spec", "D-07,D-08,Z-15,R-35,R-36,O-01")]
    public async Task A_stranger_gets_the_same_answers_of_everybody_and_changes_nothing()
    {
        await LoginAsync("juliet@localhost/balcony");
        foreach ((string type, string payload) in Requests)
        {
            var answers = new List<string>();
            foreach (string name in new[] { "juliet", "nurse", "nobody" })
            {
                foreach (string address in new[] { $"{name}@localhost", $"{name}@localhost/balcony" })
                    answers.Add(Shape(await AskAsync(address, payload, type, "stranger@elsewhere.example/x")));
            }
            Assert.That(answers.Where((_, i) => i % 2 == 0), Is.All.EqualTo(answers[0]), payload);
            Assert.That(answers.Where((_, i) => i % 2 == 1), Is.All.EqualTo("service-unavailable"), payload);
            Assert.That(answers[0], Is.AnyOf("service-unavailable", "forbidden", "not-allowed"), payload);
        }
    }

    // What a stranger could tell apart.
    private static string Shape(Element answer) => answer.Condition() ?? string.Concat(answer.Children);

    [Test, Property("Spec", "Z-15,E-01")]
    public async Task Every_request_to_a_domain_or_by_a_subscriber_is_answered_once_and_none_fails()
    {
        foreach ((string type, string payload) in Requests)
        {
            foreach (string to in new[] { "localhost", "romeo@localhost", "juliet@localhost" })
                await AskAsync(to, payload, type);
        }
        Assert.That(romeo.IsClosed, Is.False);
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D-09,XEP-0012,XEP-0030-8,XEP-0054")]
    public async Task A_subscriber_learns_what_it_may()
    {
        Assert.That((await AskAsync("romeo@localhost", Info)).ToString(), Does.Contain("registered"));
        Assert.That((await AskAsync("romeo@localhost", Items)).ToString(), Does.Contain("romeo@localhost/orchard"));
        Assert.That((await AskAsync("romeo@localhost", Last))["type"], Is.EqualTo("result"));
        (await AskAsync("juliet@localhost", VCard)).ShouldBe("service-unavailable");
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await juliet.AskAsync("<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard></iq>");
        Assert.That((await AskAsync("juliet@localhost", VCard)).ToString(), Does.Contain("Juliet"));
    }

    [TestCase("result")]
    [TestCase("error")]
    [Property("Spec", "Z-17,E-04")]
    public async Task Answers_nobody_asked_for_are_not_answered(string type)
    {
        foreach (string to in new[] { "localhost", "romeo@localhost", "nobody@localhost", "nobody@localhost/x", "romeo@localhost/gone", "juliet@localhost" })
            await Remote.SendAsync($"<iq from='{Street}' to='{to}' type='{type}' id='a'>{(type == "error" ? Unavailable : "")}</iq>");
        Remote.ExpectNothing();
        await romeo.ExpectNothingAsync();
    }

    [TestCase("<iq from='tybalt@elsewhere.example/street' to='{0}' type='get' id='q'/>")]
    [TestCase("<iq from='tybalt@elsewhere.example/street' to='{0}' type='set' id='q'><a/><b/></iq>")]
    [TestCase("<iq from='tybalt@elsewhere.example/street' to='{0}' type='nonsense' id='q'><a/></iq>")]
    [Property("Spec", "Z-14,Z-16,D-08")]
    public async Task A_request_out_of_order_is_refused_alike_whomever_it_is_for(string request)
    {
        foreach (string to in new[] { "localhost", "romeo@localhost/orchard", "nobody@localhost" })
        {
            await Remote.SendAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, request, to));
            Remote.Expect($"<iq from='{to}' to='{Street}' type='error' id='q'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        }
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "8.5.3.1,R-37")]
    public async Task Requests_pass_between_clients_who_may_see_each_other()
    {
        await romeo.SendAsync($"<iq to='{Street}' type='get' id='r1'><x xmlns='urn:x'/></iq>");
        Remote.Expect($"<iq from='romeo@localhost/orchard' to='{Street}' type='get' id='r1'><x xmlns='urn:x'/></iq>");
        await Remote.SendAsync($"<iq from='{Street}' to='romeo@localhost/orchard' type='result' id='r1'><y xmlns='urn:x'/></iq>");
        await romeo.ExpectAsync($"<iq from='{Street}' to='romeo@localhost/orchard' type='result' id='r1'><y xmlns='urn:x'/></iq>");
        await Remote.SendAsync($"<iq from='{Street}' to='romeo@localhost/orchard' type='get' id='t1'><x xmlns='urn:x'/></iq>");
        await romeo.ExpectAsync($"<iq from='{Street}' to='romeo@localhost/orchard' type='get' id='t1'><x xmlns='urn:x'/></iq>");
        Remote.ExpectNothing();
        await romeo.SendAsync($"<iq to='{Street}' type='error' id='t1'>{Unavailable}</iq>");
        Remote.Expect($"<iq from='romeo@localhost/orchard' to='{Street}' type='error' id='t1'>{Unavailable}</iq>");
        (await AskAsync("romeo@localhost/gone", Ping)).ShouldBe("service-unavailable");
    }

    [Test, Property("Spec", "8.5.3.1")]
    public async Task Who_got_directed_presence_and_whoever_is_in_the_same_room_may_ask()
    {
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        (await AskAsync("juliet@localhost/balcony", Ping)).ShouldBe("service-unavailable");
        await juliet.SendAsync($"<presence to='{Street}'/><presence to='hall@rooms.example/juliet'/>");
        Remote.Drain();
        foreach (string from in new[] { Street, "hall@rooms.example/paris" })
        {
            await Remote.SendAsync($"<iq from='{from}' to='juliet@localhost/balcony' type='get' id='q'>{Ping}</iq>");
            await juliet.ExpectAsync($"<iq from='{from}' type='get' id='q'/>");
        }
        (await AskAsync("juliet@localhost/balcony", Ping, from: "other@rooms.example/paris")).ShouldBe("service-unavailable");
        await juliet.SendAsync("<presence to='hall@rooms.example/juliet' type='unavailable'/>");
        Remote.Drain();
        (await AskAsync("juliet@localhost/balcony", Ping, from: "hall@rooms.example/paris")).ShouldBe("service-unavailable");
    }

    [Test, Property("Spec", "BL-1")]
    public async Task Who_is_blocked_is_answered_as_by_nobody_and_cannot_be_asked()
    {
        await romeo.AskAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{Tybalt}'/></block></iq>");
        Remote.Drain();
        foreach (string to in new[] { "romeo@localhost", "romeo@localhost/orchard" })
            (await AskAsync(to, Info)).ShouldBe("service-unavailable");
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost' id='m'><body>x</body></message><presence from='{Street}' to='romeo@localhost'/>");
        Remote.ExpectNothing();
        await romeo.ExpectNothingAsync();
        (await romeo.AskAsync($"<iq to='{Street}' type='get' id='r'>{Ping}</iq>")).ShouldBe("not-acceptable");
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "R-21,R-22,SM-7")]
    public async Task A_request_that_cannot_be_sent_comes_back_at_once_or_later()
    {
        Remote.Refuse = static stanza => stanza is Iq { IsRequest: true } ? StanzaError.RemoteServerNotFound : null;
        (await romeo.AskAsync($"<iq to='{Street}' type='get' id='r'>{Ping}</iq>")).ShouldBe("remote-server-not-found");
        Remote.Return($"<iq from='romeo@localhost/orchard' to='{Street}' type='get' id='r2'>{Ping}</iq>", StanzaError.RemoteServerTimeout);
        await romeo.ExpectAsync($"<iq from='{Street}' to='romeo@localhost/orchard' type='error' id='r2'><error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        Remote.Return($"<iq from='romeo@localhost/gone' to='{Street}' type='get' id='r3'>{Ping}</iq>", StanzaError.RemoteServerTimeout);
        Remote.Return($"<iq from='localhost' to='{Street}' type='get' id='r4'>{Ping}</iq>", StanzaError.RemoteServerTimeout);
        await romeo.ExpectNothingAsync();
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "U-02")]
    public async Task Presence_that_cannot_be_sent_comes_back_to_whom_it_concerns()
    {
        const string Timeout = "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
        Remote.Return($"<presence from='romeo@localhost' to='{Tybalt}' type='subscribe' id='s'/>", StanzaError.RemoteServerTimeout);
        await romeo.ExpectAsync($"<presence from='{Tybalt}' to='romeo@localhost' type='error' id='s'>{Timeout}</presence>");
        Remote.Return($"<presence from='romeo@localhost/orchard' to='{Street}' id='d'/>", StanzaError.RemoteServerTimeout);
        await romeo.ExpectAsync($"<presence from='{Street}' to='romeo@localhost/orchard' type='error' id='d'>{Timeout}</presence>");
        // Our own question, the answer to a stranger's, and what nobody is there to hear of.
        Remote.Return($"<presence from='romeo@localhost' to='{Tybalt}' type='probe' id='probe-1'/>", StanzaError.RemoteServerTimeout);
        Remote.Return("<presence from='romeo@localhost' to='stranger@elsewhere.example' type='unsubscribed' id='p'/>", StanzaError.RemoteServerTimeout);
        Remote.Return($"<presence from='nobody@localhost' to='{Tybalt}' type='unsubscribed' id='p'/>", StanzaError.RemoteServerTimeout);
        await romeo.ExpectNothingAsync();
        Remote.ExpectNothing();
    }
}
