using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Routing;

/// <summary>Where stanzas go: RFC 6120 §8, §10 and RFC 6121 §8.5 but for messages, which have a table of their own.</summary>
public sealed class RoutingTests : ServerFixture
{
    private const string Unavailable = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    private TestClient romeo = null!;
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        settings.Options.Domains = ["localhost", "verona.example"];
        settings.Modules = [.. settings.Modules, typeof(EchoModule)];
    }

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "nurse@localhost", "tybalt@verona.example");
        await Server.BefriendAsync();
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.DrainAsync();
    }

    private static string Iq(string type, string to, string payload = "<x xmlns='urn:x-test:unknown'/>", string id = "q") =>
        $"<iq type='{type}' id='{id}'{(to.Length > 0 ? $" to='{to}'" : "")}>{payload}</iq>";

    [TestCase("", "")]
    [TestCase("romeo@localhost", "romeo@localhost")]
    [TestCase("juliet@localhost", "juliet@localhost")]
    [TestCase("nurse@localhost", "nurse@localhost")]
    [TestCase("nobody@localhost", "nobody@localhost")]
    [TestCase("nobody@localhost/x", "nobody@localhost/x")]
    [TestCase("nurse@localhost/gone", "nurse@localhost/gone")]
    [TestCase("juliet@localhost/gone", "juliet@localhost/gone")]
    [TestCase("romeo@localhost/gone", "romeo@localhost/gone")]
    [TestCase("localhost", "localhost")]
    [TestCase("localhost/x", "localhost/x")]
    [TestCase("verona.example", "verona.example")]
    [Property("Spec", "R-12,R-13,R-32,R-35,R-36,Z-10,Z-15,Z-20,D-07")]
    public async Task A_request_nobody_understands_is_service_unavailable(string to, string from)
    {
        foreach (string type in new[] { "get", "set" })
        {
            Element answer = await romeo.AskAsync(Iq(type, to));
            Assert.That(Xml.Mismatch(Xml.Parse($"<iq type='error' from='{from}'>{Unavailable}</iq>"), answer), Is.Null, answer.ToString());
        }
        await juliet.ExpectNothingAsync();
    }

    [TestCase("", true)]
    [TestCase("romeo@localhost", true)]
    [TestCase("localhost", true)]
    [TestCase("juliet@localhost", false)]
    [TestCase("nobody@localhost", false)]
    [Property("Spec", "Z-20,D-07")]
    public async Task A_known_namespace_with_an_unknown_element_is_not_implemented_but_strangers_learn_nothing(string to, bool isOwn)
    {
        Element answer = await romeo.AskAsync(Iq("get", to, "<other xmlns='urn:x-test:echo'/>"));
        string condition = isOwn ? "feature-not-implemented" : "service-unavailable";
        Assert.That(Xml.Mismatch(Xml.Parse($"<iq type='error'><error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"), answer), Is.Null, answer.ToString());
    }

    [TestCase("", "")]
    [TestCase("romeo@localhost", "romeo@localhost")]
    [TestCase("localhost", "localhost")]
    [TestCase("verona.example/any", "verona.example/any")]
    [Property("Spec", "R-12,R-32,R-36,Z-05")]
    public async Task A_request_the_server_understands_is_answered_from_whom_it_was_for(string to, string from)
    {
        Element answer = await romeo.AskAsync(Iq("get", to, "<echo xmlns='urn:x-test:echo' a='1'/>"));
        Assert.That(Xml.Mismatch(Xml.Parse($"<iq type='result' from='{from}' to='romeo@localhost/orchard'><echo xmlns='urn:x-test:echo' a='1'/></iq>"), answer), Is.Null, answer.ToString());
    }

    [Test, Property("Spec", "Z-18,R-37")]
    public async Task Requests_and_answers_pass_between_clients_who_may_see_each_other()
    {
        await romeo.SendAsync(Iq("get", "juliet@localhost/balcony", "<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>", "d1"));
        await juliet.ExpectAsync("<iq type='get' id='d1' from='romeo@localhost/orchard' to='juliet@localhost/balcony'><query xmlns='http://jabber.org/protocol/disco#info' node='n'/></iq>");
        await juliet.SendAsync("<iq type='result' id='d1' to='romeo@localhost/orchard'/>");
        await romeo.ExpectAsync("<iq type='result' id='d1' from='juliet@localhost/balcony'/>");
    }

    [Test, Property("Spec", "8.5.3.1,D-07")]
    public async Task A_stranger_does_not_reach_a_resource_until_it_got_directed_presence_but_answers_do()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        Element refused = await nurse.AskAsync(Iq("get", "juliet@localhost/balcony"));
        Assert.That(Xml.Mismatch(Xml.Parse($"<iq type='error' from='juliet@localhost/balcony'>{Unavailable}</iq>"), refused), Is.Null);
        await juliet.ExpectNothingAsync();
        await nurse.SendAsync("<iq type='result' id='r' to='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<iq type='result' id='r' from='nurse@localhost/hall'/>");
        await juliet.SendAsync("<presence to='nurse@localhost/hall'/>");
        await nurse.DrainAsync();
        await nurse.SendAsync(Iq("get", "juliet@localhost/balcony", id: "q2"));
        await juliet.ExpectAsync("<iq type='get' id='q2' from='nurse@localhost/hall'/>");
    }

    [Test, Property("Spec", "Client-needs-7")]
    public async Task A_request_to_ones_own_resource_comes_back_to_it()
    {
        await romeo.SendAsync(Iq("get", "romeo@localhost/orchard"));
        await romeo.ExpectAsync("<iq type='get' id='q' from='romeo@localhost/orchard' to='romeo@localhost/orchard'><x xmlns='urn:x-test:unknown'/></iq>");
    }

    [TestCase("result", "")]
    [TestCase("error", "")]
    [TestCase("result", "romeo@localhost")]
    [TestCase("result", "localhost")]
    [TestCase("error", "nobody@localhost/x")]
    [TestCase("result", "juliet@localhost")]
    [TestCase("result", "tybalt@elsewhere.example/x")]
    [Property("Spec", "Z-17,R-14,E-04")]
    public async Task Answers_that_nobody_asked_for_are_never_answered(string type, string to)
    {
        await romeo.SendAsync(Iq(type, to, type == "error" ? Unavailable : ""));
        await romeo.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
    }

    [TestCase("message", "<body>x</body>")]
    [TestCase("iq", "<x xmlns='urn:x-test:unknown'/>")]
    [TestCase("presence", "")]
    [Property("Spec", "R-21")]
    public async Task What_goes_to_a_domain_that_cannot_be_found_comes_back(string name, string content)
    {
        string type = name == "iq" ? " type='get'" : "";
        await romeo.SendAsync($"<{name}{type} id='r' to='tybalt@elsewhere.example'>{content}</{name}>");
        await romeo.ExpectAsync($"<{name} type='error' id='r' from='tybalt@elsewhere.example' to='romeo@localhost/orchard'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{name}>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "R-20")]
    public async Task Two_domains_of_ours_are_near_each_other()
    {
        TestClient tybalt = await Server.LoginAsync("tybalt@verona.example/street");
        await romeo.SendAsync("<message to='tybalt@verona.example' id='m'><body>peace</body></message>");
        await tybalt.ExpectAsync("<message from='romeo@localhost/orchard' to='tybalt@verona.example' id='m'><body>peace</body></message>");
    }

    [Test, Property("Spec", "Z-15")]
    public async Task A_request_that_dies_in_an_outbox_is_answered()
    {
        TestClient deaf = await Server.ConnectAsync("juliet@localhost/deaf", reads: false);
        await romeo.SendAsync(Iq("get", "juliet@localhost/deaf", id: "lost"));
        await romeo.ExpectNothingAsync();
        await deaf.DisconnectAsync();
        await romeo.ExpectAsync($"<iq type='error' id='lost' from='juliet@localhost/deaf'>{Unavailable}</iq>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "Z-18")]
    public async Task What_one_sends_to_another_keeps_its_order_whatever_address_it_uses()
    {
        for (int i = 0; i < 100; i++)
        {
            string to = i % 2 == 0 ? "juliet@localhost" : "juliet@localhost/balcony";
            await romeo.SendAsync(i % 5 == 3 ? $"<iq type='get' id='{i}' to='juliet@localhost/balcony'><x xmlns='urn:x'/></iq>" : $"<message to='{to}' id='{i}'><body>b</body></message>");
        }
        IReadOnlyList<Element> got = await juliet.DrainAsync();
        Assert.That(got.Select(stanza => stanza["id"]), Is.EqualTo(Enumerable.Range(0, 100).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Test, Property("Spec", "Z-12,Z-19,Z-20,Z-02")]
    public async Task What_the_server_does_not_know_passes_untouched()
    {
        await romeo.SendAsync("<message to='juliet@localhost' xml:lang='it' id='m' type='chat'><body>ciao</body><body xml:lang='en'>hi</body><p:x xmlns:p='urn:p' p:a='1'><p:y/></p:x></message>");
        Element got = await juliet.ExpectAsync("<message to='juliet@localhost' xml:lang='it'><body>ciao</body><body xml:lang='en'>hi</body><x xmlns='urn:p'><y/></x></message>");
        Assert.That(got.ToString(), Does.Contain("a='1'").Or.Contain("a=\"1\""));
    }

    [Test, Property("Spec", "D-09")]
    public async Task Who_had_a_subscription_to_an_account_that_is_gone_is_told()
    {
        await romeo.SendAsync("<message to='nobody@localhost' id='m1'><body>x</body></message>");
        await romeo.ExpectNothingAsync();
        await juliet.DisconnectAsync();
        await romeo.DrainAsync();
        // What her last presence wrote is durable before she is dropped.
        while (Server.Get<Presentities>().TryFind(Protocol.Jid.Parse(Play.Juliet), out _))
        {
            // So is what was noted of who watches her.
            Server.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        // Deleted behind the server's back, as on a store that is not in use; the subscription in the roster is left.
        await Server.Get<PresenceXml.Storage.AccountStore>().DeleteAsync(Protocol.Jid.Parse(Play.Juliet));
        await romeo.SendAsync("<message to='juliet@localhost' id='m2'><body>x</body></message>");
        await romeo.ExpectAsync($"<message type='error' id='m2' from='juliet@localhost'>{Unavailable}</message>");
    }

    [Test, Property("Spec", "D-06")]
    public async Task No_stanza_the_server_makes_tells_an_address_of_the_network()
    {
        TestClient nurse = await Server.LoginAsync("nurse@localhost/hall");
        await juliet.DisconnectAsync();
        foreach (Element stanza in await romeo.DrainAsync())
            Assert.That(stanza.ToString(), Does.Not.Match("\\d+\\.\\d+\\.\\d+\\.\\d+"));
        await nurse.ExpectNothingAsync();
    }

    [Test, Property("Spec", "Z-15")]
    public async Task A_handler_that_throws_is_logged_once_and_answered_and_the_session_lives()
    {
        Element answer = await romeo.AskAsync(Iq("set", "", "<echo xmlns='urn:x-test:echo'/>", "boom"));
        Assert.That(Xml.Mismatch(Xml.Parse("<iq type='error' id='boom'><error type='cancel'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"), answer), Is.Null);
        Assert.That(Server.Log.Errors.Single(), Does.Contain("boom"));
        Server.Log.Announce(1);
        await romeo.ExpectNothingAsync();
    }
}
