using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;

namespace PresenceXml.Federation.Tests;

/// <summary><c>presencexml federation</c> of one.test against a real server, one that shows a bad certificate, one that does not listen, and a name that nobody knows.</summary>
[TestFixture(Category = "Own")]
[Interop(ProsodyPeer.Program, Nameserver.Program)]
public sealed class FederationCommandTests
{
    private PeerNetwork network = null!;
    private OwnPeer own = null!;

    [SetUp]
    public void SetUp() => network = new PeerNetwork();

    [TearDown]
    public async Task TearDownAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed) await TestContext.Out.WriteLineAsync(network.Story());
        await network.DisposeAsync();
    }

    private async Task<string> RunAsync(int code, params string[] arguments)
    {
        (int ended, string output) = await own.CommandAsync(["federation", .. arguments]);
        await TestContext.Out.WriteLineAsync($"$ presencexml federation {string.Join(' ', arguments)}\n{output}");
        Assert.That(ended, Is.EqualTo(code), output);
        return output;
    }

    [Test]
    public async Task A_peer_that_works_a_dead_name_a_closed_port_and_a_wrong_certificate_are_told_apart()
    {
        own = (OwnPeer)network.Add(PeerKind.Own, new PeerPlan("one.test", Proving.Certificate));
        network.Add(PeerKind.Prosody, new PeerPlan("two.test", Proving.Certificate));
        network.AddScripted("wrong.test", CertificateKind.WrongName);
        network.AddScripted("old.test", CertificateKind.Expired);
        System.Net.IPAddress closed = network.Addresses.Next();
        network.Names.AddHost("closed.test", closed);
        network.Names.AddService("xmpp-server", "closed.test", "closed.test", Addresses.FreePort(closed));
        await network.StartAsync();

        string works = await RunAsync(0, "test", "two.test");
        Assert.That(works, Does.Contain("its certificate proves two.test").And.Contain("we are proven by our certificate (SASL EXTERNAL)")
            .And.Contain("two.test has opened a stream to us").And.EndWith($"one.test reaches two.test (certificate), and two.test answers.{Environment.NewLine}"));
        Assert.That(await RunAsync(0, "list"), Does.Match("two.test +one.test +20.* certificate"));
        Assert.That(await RunAsync(1, "test", "nowhere.test"), Does.Contain("nowhere.test has no SRV records").And.Contain("DNS: the server of nowhere.test has no address").And.Contain("see that nowhere.test is spelt right"));
        Assert.That(await RunAsync(1, "test", "closed.test"), Does.Contain("nobody listens there (connection refused)").And.Contain("the server of closed.test is not running"));
        Assert.That(await RunAsync(1, "test", "wrong.test"), Does.Contain("TLS: the certificate of wrong.test is for other names: not-wrong.test").And.Contain("a certificate that names wrong.test itself"));
        Assert.That(await RunAsync(1, "test", "old.test"), Does.Contain("TLS: the certificate of old.test expired on").And.Contain("renew the certificate"));
        Assert.That(await RunAsync(1, "show", "nowhere.test"), Does.Contain("nothing is known of nowhere.test"));
    }

    [Test]
    public async Task By_dialback_both_sides_are_told_of()
    {
        own = (OwnPeer)network.Add(PeerKind.Own, new PeerPlan("one.test", Proving.Dialback));
        network.Add(PeerKind.Prosody, new PeerPlan("two.test", Proving.Dialback));
        await network.StartAsync();
        string works = await RunAsync(0, "test", "two.test");
        Assert.That(works, Does.Contain("two.test asks us").And.Contain("whether the key it got is ours: yes").And.Contain("we are proven by dialback")
            .And.Contain("to mend it: its operator has to get a certificate").And.EndWith($"one.test reaches two.test (dialback), and two.test answers.{Environment.NewLine}"));
    }

    [Test]
    public async Task What_a_message_could_not_do_is_shown_and_is_one_line_of_the_log()
    {
        own = (OwnPeer)network.Add(PeerKind.Own, new PeerPlan("one.test", Proving.Certificate));
        network.Add(PeerKind.Own, new PeerPlan("two.test", Proving.Certificate, CertificateKind.Expired));
        await network.StartAsync();
        await own.AddUserAsync("alice");
        await using PeerUser alice = await PeerUser.LoginAsync(own, "alice");
        await alice.SendAsync("<message to='bob@two.test' type='chat' id='m1'><body>hello</body></message>");
        await alice.ExpectAsync("the error", static next => next.LocalName == "message" && next["id"] == "m1" && next["type"] == "error");

        Assert.That(await RunAsync(0, "list"), Does.Match("one.test +two.test +pausing +20.* 0 +0 +0 +1 +20.* TLS: the certificate of two.test expired on"));
        Assert.That(await RunAsync(0, "show", "two.test"), Does.Match("one.test to two.test: pausing since .*; nothing is sent before")
            .And.Contain("0 arrived, 1 went back").And.Match("last failure: 20.*, TLS: the certificate of two.test expired on").And.Contain("to mend it: its operator has to renew the certificate")
            .And.Contain("trying xmpp.two.test:").And.Contain("encrypted: Tls1"));
        await own.ExpectLogAsync("Link one.test to two.test cannot be opened");
        string[] told = [.. own.Log.Split('\n').Where(static line => line.Contains("Link one.test to two.test", StringComparison.Ordinal))];
        await TestContext.Out.WriteLineAsync(string.Join('\n', told));
        Assert.That(told, Has.Length.EqualTo(1));
        Assert.That(told[0], Does.Contain(" info ").And.Contain("cannot be opened (Tls): the certificate of two.test expired on").And.Contain("To mend it: its operator has to renew").And.Contain("1 stanzas went back"));
    }
}
