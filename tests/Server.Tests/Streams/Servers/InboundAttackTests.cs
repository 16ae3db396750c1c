using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Streams.Servers.ScriptedServer;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>What a server that connects to us and means no good does not get (RFC 6120 §13, XEP-0220 §3).</summary>
[CancelAfter(60_000)]
public sealed class InboundAttackTests
{
    private const string Spoof = "<message from='romeo@good.example' to='juliet@here.example' id='m' type='chat'><body>spoof</body></message>";
    private ServerNet net = null!;
    private TestServer here = null!;
    private User juliet = null!;

    [SetUp]
    public async Task Begin()
    {
        net = new ServerNet();
        here = await net.AddAsync("here.example", net.Proving("here.example"), options =>
        {
            options.Limits.StalledSeconds = 5;
            options.Federation.Domains = new Dictionary<string, DomainPolicyOptions> { ["denied.example"] = new() { Policy = "deny" }, ["strict.example"] = new() { Policy = "certificate" } };
        }, "juliet");
        juliet = await here.LoginAsync("juliet@here.example/x");
    }

    /// <summary>Nothing of any of it has reached the heart.</summary>
    [TearDown]
    public async Task End()
    {
        await juliet.ExpectNothingAsync();
        await net.DisposeAsync();
    }

    private static async Task<string?> ErrorOfAsync(TestClient peer) => StreamError(await peer.ReadToAsync("</stream:stream>"));

    [TestCase("evil.example", "there.example", "jabber:server", "host-unknown"), TestCase("evil.example", "x@here.example", "jabber:server", "host-unknown")]
    [TestCase("evil.example", "here.example", "jabber:client", "invalid-namespace"), TestCase("here.example", "here.example", "jabber:server", "invalid-from")]
    [TestCase("x@evil.example", "here.example", "jabber:server", "invalid-from"), TestCase("denied.example", "here.example", "jabber:server", "policy-violation")]
    [Property("Spec", "S-02"), Property("Spec", "S-14")]
    public async Task A_bad_header_is_answered_by_a_header_and_its_error(string from, string to, string ns, string condition)
    {
        TestClient peer = net.Connect("here.example");
        await peer.SendAsync(Header(from, to, ns));
        string all = await peer.ReadToAsync("</stream:stream>");
        Assert.That(all, Does.StartWith("<?xml version='1.0'?><stream:stream xmlns='jabber:server'").And.Contain("from='here.example'").And.EndWith("</stream:stream>"));
        Assert.That(StreamError(all), Is.EqualTo(condition));
    }

    [Test, Property("Spec", "S-18")]
    public async Task A_header_of_another_major_version_is_not_taken()
    {
        TestClient peer = net.Connect("here.example");
        await peer.SendAsync(Header("evil.example", "here.example", version: " version='x'"));
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("unsupported-version"));
    }

    [Test, Property("Spec", "T-03"), Property("Spec", "T-09"), Property("Spec", "S-07")]
    public async Task In_the_clear_there_is_STARTTLS_and_nothing_else()
    {
        TestClient peer = net.Connect("here.example");
        Assert.That(await peer.OpenAsync(Header("good.example", "here.example")),
            Does.EndWith("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"));
        await peer.SendAsync("<db:result from='good.example' to='here.example'>key</db:result>");
        Assert.That(await peer.ReadToAsync("</db:result>"), Does.Contain("type='error'").And.Contain("<policy-violation"));
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        Assert.That(await peer.ReadToAsync("</failure>"), Does.Contain("<encryption-required/>"));
        await peer.SendAsync(Spoof);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "T-05")]
    public async Task What_lies_in_the_clear_behind_starttls_ends_the_stream()
    {
        TestClient peer = net.Connect("here.example");
        await peer.OpenAsync(Header("good.example", "here.example"));
        await peer.SendAsync(StartTls + Spoof);
        string all = await peer.ReadToAsync("</stream:stream>");
        Assert.That(all, Does.Not.Contain("<proceed"));
        Assert.That(StreamError(all), Is.EqualTo("policy-violation"));
    }

    [Test, Property("Spec", "S-07"), Property("Spec", "DB-1")]
    public async Task Who_has_proven_nothing_sends_nothing()
    {
        TestClient peer = net.Connect("here.example");
        Assert.That(await peer.SecureAsync("good.example", "here.example"), Does.Not.Contain("EXTERNAL").And.Contain("<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>").And.Contain("urn:xmpp:features:bidi"));
        await peer.SendAsync(Spoof);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "A-03"), Property("Spec", "A-06")]
    public async Task A_certificate_for_another_name_is_no_way_in([Values] bool isSelfSigned)
    {
        TestClient peer = net.Connect("here.example");
        var certificate = isSelfSigned ? net.SelfSigned("good.example") : net.Proving("evil.example");
        Assert.That(await peer.SecureAsync("good.example", "here.example", ServerNet.Context(certificate)), Does.Not.Contain("EXTERNAL"));
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        Assert.That(await peer.ReadToAsync("</failure>"), Does.Contain("<not-authorized/>"));
        await peer.SendAsync(Spoof);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "A-11")]
    public async Task SASL_gives_nobody_another_name()
    {
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("evil.example", "here.example", ServerNet.Context(net.Proving("evil.example")));
        await peer.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{TestClient.Base64("good.example")}</auth>");
        Assert.That(await peer.ReadToAsync("</failure>"), Does.Contain("<invalid-authzid/>"));
        await peer.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{TestClient.Base64("evil.example")}</auth>");
        Assert.That(await peer.ReadToAsync("/>"), Does.Contain("<success"));
        await peer.SendAsync(Header("good.example", "here.example"));
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("invalid-from"));
    }

    [TestCase(Spoof, "invalid-from"), TestCase("<message to='juliet@here.example'><body>x</body></message>", "improper-addressing"), TestCase("<message from='a@evil.example'><body>x</body></message>", "improper-addressing")]
    [TestCase("<message from='@' to='juliet@here.example'><body>x</body></message>", "improper-addressing"), TestCase("<message from='a@evil.example' to='b@there.example'><body>x</body></message>", "host-unknown")]
    [TestCase("<presence from='here.example' to='juliet@here.example' type='subscribe'/>", "invalid-from"), TestCase("<message from='a@sub.evil.example' to='juliet@here.example'><body>x</body></message>", "invalid-from")]
    [TestCase("<message xmlns='jabber:client' from='a@evil.example' to='juliet@here.example'><body>x</body></message>", "unsupported-stanza-type"), TestCase("<other from='a@evil.example' to='juliet@here.example'/>", "unsupported-stanza-type")]
    [Property("Spec", "Z-08"), Property("Spec", "Z-09"), Property("Spec", "S-17")]
    public async Task Who_is_proven_speaks_for_itself_only(string stanza, string condition)
    {
        TestClient peer = net.Connect("here.example");
        await peer.ProveAsync("evil.example", "here.example", net.Proving("evil.example"));
        await peer.SendAsync(stanza);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo(condition));
    }

    [Test, Property("Spec", "DB-1"), Property("Spec", "DB-2")]
    public async Task A_key_of_another_stream_is_worth_nothing()
    {
        TestServer good = await net.AddAsync("good.example", net.Proving("good.example"));
        TestClient peer = net.Connect("here.example");
        string features = await peer.SecureAsync("good.example", "here.example");
        // It once got this key, for a stream of its own with us, or of us with it.
        string key = good.Get<DialbackKeys>().Make("here.example", "good.example", "another");
        await peer.SendAsync($"<db:result from='good.example' to='here.example'>{key}</db:result>");
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.StartWith("<db:result from='here.example' to='good.example' type='invalid'/>").And.EndWith("</stream:stream>"));

        // The right one for this stream and domain, but made for another receiver.
        peer = net.Connect("here.example");
        features = await peer.SecureAsync("good.example", "here.example");
        key = good.Get<DialbackKeys>().Make("evil.example", "good.example", Attribute(features, "id"));
        await peer.SendAsync($"<db:result from='good.example' to='here.example'>{key}</db:result>");
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.StartWith("<db:result from='here.example' to='good.example' type='invalid'/>"));
    }

    [Test, Property("Spec", "DB-3")]
    public async Task What_is_not_served_or_not_wanted_is_an_error_that_ends_no_stream()
    {
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("good.example", "here.example");
        foreach ((string from, string to, string condition) in new[]
        {
            ("good.example", "there.example", "item-not-found"), ("here.example", "here.example", "not-acceptable"),
            ("denied.example", "here.example", "policy-violation"), ("strict.example", "here.example", "not-authorized"), ("gone.example", "here.example", "remote-connection-failed"),
        })
        {
            await peer.SendAsync($"<db:result from='{from}' to='{to}'>key</db:result>");
            Assert.That(await peer.ReadToAsync("</db:result>"), Does.StartWith($"<db:result from='{to}' to='{from}' type='error'><error type='").And.Contain($"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"));
        }
        await peer.SendAsync(Spoof);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "DB-2")]
    public async Task Answers_that_nobody_asked_for_prove_nothing()
    {
        TestClient peer = net.Connect("here.example");
        string id = Attribute(await peer.SecureAsync("good.example", "here.example"), "id");
        await peer.SendAsync($"<db:result from='good.example' to='here.example' type='valid'/><db:verify from='good.example' to='here.example' id='{id}' type='valid'/>");
        await peer.SendAsync(Spoof);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "DB-3")]
    public async Task One_domain_that_cannot_be_proven_does_not_hurt_those_that_are()
    {
        net.Script("good.example", peer => peer.VerifyAsync("good.example", net.SelfSigned("good.example"), "invalid"));
        TestClient peer = net.Connect("here.example");
        await peer.ProveAsync("evil.example", "here.example", net.Proving("evil.example", "*.evil.example"));
        await peer.SendAsync("<db:result from='good.example' to='here.example'>key</db:result>");
        Assert.That(await peer.ReadToAsync("</db:result>"), Does.Contain("type='error'").And.Contain("<forbidden"));
        // What the certificate says needs no asking.
        await peer.SendAsync("<db:result from='rooms.evil.example' to='here.example'>key</db:result>");
        Assert.That(await peer.ReadToAsync(">"), Is.EqualTo("<db:result from='here.example' to='rooms.evil.example' type='valid'/>"));
        await peer.SendAsync("<message from='a@rooms.evil.example' to='juliet@here.example' type='chat' id='1'><body>fair</body></message>");
        await juliet.ExpectAsync("<message from='a@rooms.evil.example' to='juliet@here.example' type='chat' id='1'><body>fair</body></message>");
        await peer.SendAsync(Spoof);
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("invalid-from"));
    }

    [Test, Property("Spec", "DB-2")]
    public async Task Anybody_may_ask_whether_a_key_is_ours()
    {
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("good.example", "here.example");
        string key = here.Get<DialbackKeys>().Make("good.example", "here.example", "s1");
        await peer.SendAsync($"<db:verify from='good.example' to='here.example' id='s1'>{key}</db:verify>");
        Assert.That(await peer.ReadToAsync(">"), Is.EqualTo("<db:verify from='here.example' to='good.example' id='s1' type='valid'/>"));
        await peer.SendAsync($"<db:verify from='good.example' to='here.example' id='s2'>{key}</db:verify><db:verify from='good.example' to='there.example' id='s1'>{key}</db:verify>");
        Assert.That(await peer.ReadToAsync("</db:verify>"), Does.StartWith("<db:verify from='here.example' to='good.example' id='s2' type='invalid'/>").And.Contain("<item-not-found"));
    }

    [Test, Property("Spec", "D-10")]
    public async Task Verifications_under_way_and_strangers_elements_are_bounded()
    {
        net.Script("good.example", static _ => Task.CompletedTask);
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("good.example", "here.example");
        for (int i = 0; i < 11; i++)
        {
            int n = i;
            net.Script($"{n}.example", static _ => Task.CompletedTask);
            await peer.SendAsync($"<db:result from='{n}.example' to='here.example'>key</db:result>");
        }
        Assert.That(await peer.ReadToAsync("</db:result>"), Does.Contain("to='10.example' type='error'").And.Contain("<resource-constraint"));
        await peer.SendAsync($"<db:result from='good.example' to='here.example'>{new string('x', 20_000)}");
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("policy-violation"));
    }

    [Test, Property("Spec", "S-21")]
    public async Task Who_asks_and_never_reads_is_cut()
    {
        TestClient peer = net.Connect("here.example", out Task ended);
        await peer.ProveAsync("evil.example", "here.example", net.Proving("evil.example"));
        string question = string.Concat(Enumerable.Repeat("<db:verify from='evil.example' to='here.example' id='s1'>k</db:verify>", 100));
        _ = SendAsync();
        await net.PassAsync(ended);

        async Task SendAsync()
        {
            try
            {
                while (true) await peer.SendAsync(question);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or TimeoutException)
            {
                // It was cut, or waits for room that there will not be.
            }
        }
    }

    [Test]
    public async Task Who_says_nothing_is_cut_in_time()
    {
        TestClient peer = net.Connect("here.example", out Task ended);
        await peer.OpenAsync(Header("evil.example", "here.example"));
        net.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.That(await ErrorOfAsync(peer), Is.EqualTo("connection-timeout"));
    }
}
