using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Scripted;
using PresenceXml.Federation.Tests.Users;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests;

/// <summary>
/// What a hostile server may try: evil.test against two.test, where bob is. That Prosody passes shows that the attack is one that can be
/// withstood in the way that is asked for.
/// </summary>
[TestFixture(PeerKind.Prosody)]
[TestFixture(PeerKind.Own, Category = "Own")]
[Interop(ProsodyPeer.Program, Nameserver.Program)]
public sealed class AttackTests(PeerKind kind)
{
    private PeerNetwork network = null!;
    private PeerServer server = null!;
    private ScriptedPeer evil = null!;
    private PeerUser bob = null!;

    [TearDown]
    public async Task TearDownAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed) await TestContext.Out.WriteLineAsync(network.Story());
        if (bob is not null) await bob.DisposeAsync();
        await network.DisposeAsync();
    }

    [Test]
    [Property("Spec", "Z-09")]
    public async Task A_proven_server_cannot_speak_for_another_domain()
    {
        await StartAsync(Proving.Dialback);
        await using ScriptedStream stream = await evil.ProvenAsync(server);
        await stream.SendAsync($"<message from='admin@bank.test' to='{bob.Bare}' id='spoofed'><body>your password, please</body></message>");
        Assert.That(await stream.EndAsync(), Is.AnyOf("invalid-from", "not-authorized")); // Prosody says the latter
        await ExpectNothingAsync();
    }

    [Test]
    [Property("Spec", "Z-09")]
    public async Task A_proven_server_cannot_speak_for_ours()
    {
        await StartAsync(Proving.Dialback);
        await using ScriptedStream stream = await evil.ProvenAsync(server);
        await stream.SendAsync($"<presence from='carol@two.test' to='{bob.Bare}' type='subscribed' id='spoofed'/>");
        Assert.That(await stream.EndAsync(), Is.AnyOf("invalid-from", "not-authorized"));
        await ExpectNothingAsync();
    }

    [TestCase(Proving.Dialback)]
    [TestCase(Proving.Certificate)]
    [Property("Spec", "S-06")]
    public async Task Who_has_proven_nothing_is_not_heard(Proving proving)
    {
        await StartAsync(proving, proving == Proving.Certificate ? CertificateKind.Good : null);
        await using ScriptedStream stream = await evil.OpenAsync(server);
        await stream.SendAsync($"<message from='mallory@evil.test' to='{bob.Bare}' id='unproven'><body>hello</body></message>");
        await stream.SendAsync("</stream:stream>");
        Assert.That(await stream.EndAsync(), Is.AnyOf("not-authorized", "")); // Prosody just ignores it
        await ExpectNothingAsync();
    }

    [Test]
    [Property("Spec", "DB-2")]
    public async Task A_dialback_key_that_was_seen_proves_nothing_on_another_stream()
    {
        network = new PeerNetwork();
        server = network.Add(kind, new PeerPlan("two.test", Proving.Dialback));
        PeerServer other = network.Add(PeerKind.Prosody, new PeerPlan("one.test", Proving.Dialback));
        evil = network.AddScripted("evil.test", CertificateKind.SelfSigned);
        evil.OffersExternal = false;
        await network.StartAsync();
        await server.AddUserAsync("bob");
        await other.AddUserAsync("alice");
        bob = await PeerUser.LoginAsync(server, "bob");
        // The server shows a key to evil.test, …
        await bob.SendAsync("<message to='mallory@evil.test' id='lured'><body>hello</body></message>");
        Element claim = await evil.Claims.TakeAsync("a claim", static _ => true, TimeSpan.FromSeconds(30));
        // … which says at one.test to be two.test.
        await using ScriptedStream stream = await evil.OpenAsync(other);
        await stream.SendAsync($"<db:result from='two.test' to='one.test'>{claim.Text}</db:result>");
        Element result = await stream.NextAsync() ?? throw new AssertionException("no answer to the claim");
        Assert.That(result["type"], Is.EqualTo("invalid"), result.ToString());
    }

    [TestCase(CertificateKind.Expired)]
    [TestCase(CertificateKind.WrongName)]
    [TestCase(CertificateKind.SelfSigned)]
    [Property("Spec", "T-12")]
    public async Task A_certificate_that_proves_nothing_lets_nobody_in(CertificateKind certificate)
    {
        await StartAsync(Proving.Certificate, certificate);
        await using ScriptedStream stream = await evil.ConnectAsync(server);
        await stream.OpenAsync();
        await stream.StartTlsAsync();
        try
        {
            await stream.OpenAsync();
            Assert.That(stream.OffersExternal, Is.False);
            string authzid = Convert.ToBase64String("evil.test"u8);
            await stream.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{authzid}</auth>");
            await stream.SendAsync($"<message from='mallory@evil.test' to='{bob.Bare}' id='unproven'><body>hello</body></message>");
            await stream.EndAsync();
        }
        catch (IOException)
        {
            // It hung up: its right too.
        }
        await ExpectNothingAsync();
    }

    // Without this the others could pass because nothing ever gets in.
    [Test]
    [Property("Spec", "T-12")]
    public async Task A_certificate_that_proves_the_domain_lets_in()
    {
        await StartAsync(Proving.Certificate, CertificateKind.Good);
        await using ScriptedStream stream = await evil.OpenAsync(server);
        Assert.That(stream.OffersExternal, Is.True);
        await stream.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{Convert.ToBase64String("evil.test"u8)}</auth>");
        Assert.That((await stream.NextAsync())?.LocalName, Is.EqualTo("success"));
        await stream.OpenAsync();
        await stream.SendAsync($"<message from='mallory@evil.test' to='{bob.Full}' id='proven'><body>hello</body></message>");
        await bob.ExpectAsync("the message", static next => next["id"] == "proven" && next["from"] == "mallory@evil.test");
    }

    [TestCase(CertificateKind.Good, true)]
    [TestCase(CertificateKind.Expired, false)]
    [TestCase(CertificateKind.WrongName, false)]
    [TestCase(CertificateKind.SelfSigned, false)]
    [Property("Spec", "T-11")]
    public async Task Nothing_is_sent_to_a_server_whose_certificate_proves_nothing(CertificateKind certificate, bool isSent)
    {
        await StartAsync(Proving.Certificate, certificate);
        await bob.SendAsync("<message to='mallory@evil.test' type='chat' id='secret'><body>secret</body></message>");
        if (isSent)
        {
            await evil.Received.TakeAsync("the message", static next => next["id"] == "secret", TimeSpan.FromSeconds(30));
            return;
        }
        Element error = await bob.ExpectAsync("the error", static next => next.LocalName == "message" && next["id"] == "secret");
        Assert.Multiple(() =>
        {
            Assert.That(error["type"], Is.EqualTo("error"));
            Assert.That(evil.Received.Waiting, Is.Empty);
        });
    }

    [Test]
    [Property("Spec", "Z-08")]
    public async Task A_domain_that_is_not_here_is_not_relayed_to()
    {
        await StartAsync(Proving.Dialback);
        await using ScriptedStream stream = await evil.ProvenAsync(server);
        await stream.SendAsync("<message from='mallory@evil.test' to='victim@elsewhere.test' id='relayed'><body>hello</body></message>");
        Assert.That(await stream.EndAsync(), Is.EqualTo("host-unknown"));
        Assert.That(network.Names.Output.Text, Does.Not.Contain("elsewhere.test"));
        await ExpectNothingAsync();
    }

    [Test]
    [Property("Spec", "T-05")]
    public async Task What_was_said_before_TLS_is_not_heard_behind_it()
    {
        await StartAsync(Proving.Dialback);
        await using ScriptedStream stream = await evil.ConnectAsync(server);
        await stream.OpenAsync();
        string injected = $"<db:result from='evil.test' to='two.test'>{evil.Key(stream.Id)}</db:result>";
        await stream.SendAsync($"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>{stream.Header}{injected}");
        if (await stream.NextAsync() is { LocalName: "proceed" })
        {
            try
            {
                await stream.SecureAsync();
                await stream.OpenAsync();
                await stream.SendAsync($"<message from='mallory@evil.test' to='{bob.Bare}' id='injected'><body>hello</body></message>");
                Assert.That(await stream.EndAsync(), Is.EqualTo("not-authorized"));
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // To hang up at once is as safe.
            }
        }
        await ExpectNothingAsync();
    }

    [Test]
    public async Task A_peer_that_floods_one_of_us_does_not_stop_the_others()
    {
        const int Flood = 20_000;
        await StartAsync(Proving.Dialback);
        await server.AddUserAsync("carol");
        await using PeerUser carol = await PeerUser.LoginAsync(server, "carol");
        await using ScriptedStream stream = await evil.ProvenAsync(server);
        Task flood = FloodAsync();
        for (int i = 0; i < 50; i++) Assert.That((await carol.AskAsync("two.test", "get", "<ping xmlns='urn:xmpp:ping'/>"))["type"], Is.EqualTo("result"));
        await flood;
        // Either it is all taken, in order, or the stream is cut; what was delivered has no gap.
        await stream.SendAsync("</stream:stream>");
        await stream.EndAsync();
        int[] delivered = [.. bob.Waiting.Where(static next => next.LocalName == "message").Select(static next => int.Parse(next["id"]![1..], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.That(delivered, Is.EqualTo(Enumerable.Range(0, delivered.Length)));

        async Task FloodAsync()
        {
            try
            {
                for (int i = 0; i < Flood; i += 100)
                    await stream.SendAsync(string.Concat(Enumerable.Range(i, 100).Select(n => $"<message from='mallory@evil.test' to='{bob.Full}' type='chat' id='n{n}'><body>buy</body></message>")));
            }
            catch (IOException)
            {
                // It was cut.
            }
        }
    }

    [Test]
    public async Task A_peer_that_never_reads_holds_up_nobody_else()
    {
        await StartAsync(Proving.Dialback);
        evil.StopsReading = true;
        string body = new('x', 10_000);
        for (int i = 0; i < 1_000; i++) await bob.SendAsync($"<message to='mallory@evil.test' type='chat' id='n{i}'><body>{body}</body></message>");
        // Behind all of these.
        Assert.That((await bob.AskAsync("two.test", "get", "<ping xmlns='urn:xmpp:ping'/>"))["type"], Is.EqualTo("result"));
    }

    // A server of this kind with bob, and evil.test.
    private async Task StartAsync(Proving proving, CertificateKind? certificate = null)
    {
        network = new PeerNetwork();
        server = network.Add(kind, new PeerPlan("two.test", proving));
        evil = network.AddScripted("evil.test", certificate ?? CertificateKind.SelfSigned);
        await network.StartAsync();
        await server.AddUserAsync("bob");
        bob = await PeerUser.LoginAsync(server, "bob");
        await bob.SendAsync("<presence/>");
        await bob.ExpectAsync("its own presence", static next => next.LocalName == "presence");
    }

    // The attack is over: its stream has ended or it was answered. A message of his own comes behind what else was delivered.
    private async Task ExpectNothingAsync()
    {
        await bob.SendAsync($"<message to='{bob.Full}' id='fence'/>");
        await bob.ExpectAsync("the fence", static next => next["id"] == "fence");
        Assert.That(bob.Waiting, Is.Empty);
    }
}
