using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Tests.Streams.Servers;
using PresenceXml.Testing;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Commands;

/// <summary><c>federation list | show | test</c> against a server that runs, with other servers that work, that show bad certificates, and that are not there.</summary>
[CancelAfter(60_000)]
public sealed class FederationCommandsTests
{
    private CommandFixture fixture = null!;
    private ServerNet net = null!;
    private TestServer here = null!;
    private ControlServer control = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        fixture = new CommandFixture();
        fixture.Config("""{ "domains": ["here.example"] }""");
        net = new ServerNet();
        here = await net.AddAsync("here.example", net.Proving("here.example"), options =>
        {
            options.Federation.Domains = new Dictionary<string, DomainPolicyOptions> { ["denied.example"] = new() { Policy = "deny" }, ["strict.example"] = new() { Policy = "certificate" } };
            options.Components = new Dictionary<string, ComponentOptions> { ["irc.here.example"] = new() { Secret = "long and random" } };
        }, "romeo");
        var view = new FederationView(here.Get<LocalDomains>(), here.Get<RemoteDomains>(), here.Get<IncomingStreams>(), here.Get<ILinkTester>(), net.Time);
        control = new ControlServer(fixture.Options, null!, view, null!, NullLogger<ControlServer>.Instance);
        await control.StartAsync(CancellationToken.None);
    }

    [TearDown]
    public async Task TearDownAsync()
    {
        await control.StopAsync(CancellationToken.None);
        control.Dispose();
        await net.DisposeAsync();
        fixture.Dispose();
    }

    private async Task<TestServer> AddThereAsync(bool isProven = true, string domain = "there.example") =>
        await net.AddAsync(domain, isProven ? net.Proving(domain) : net.SelfSigned(domain), null, "juliet");

    private async Task<User> WriteAsync(string domain)
    {
        User romeo = await here.LoginAsync("romeo@here.example/orchard");
        await romeo.SendAsync($"<message to='juliet@{domain}' id='m1' type='chat'><body>hi</body></message>");
        return romeo;
    }

    private string[] Lines => fixture.Out.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    [Test]
    public async Task Nothing_is_listed_where_there_is_nothing() => Assert.That(await fixture.DoAsync("federation list"), Is.Empty);

    [Test]
    public async Task List_and_show_tell_of_a_link_that_is_open()
    {
        TestServer there = await AddThereAsync();
        User juliet = await there.LoginAsync("juliet@there.example/balcony");
        await WriteAsync("there.example");
        await juliet.ExpectAsync("<message from='romeo@here.example/orchard' to='juliet@there.example' id='m1' type='chat'><body>hi</body></message>");

        await fixture.DoAsync("federation list");
        Assert.That(Lines[0], Does.Match("^OURS +THEIRS +STATE +SINCE +PROVEN BY +QUEUED +SENT +UNSURE +RETURNED +LAST FAILURE$"));
        Assert.That(Lines[1], Does.Match("^here.example +there.example +open +20[-0-9]+ [:0-9]+ +certificate, bidi, stream management +[01] +[01] +0 +0$"));
        Assert.That(Lines, Has.Length.EqualTo(2));

        await fixture.DoAsync("federation show THERE.example");
        Assert.That(Lines[0], Is.EqualTo("there.example: policy: dialback"));
        Assert.That(Lines[1], Does.StartWith("here.example to there.example: open since 20"));
        Assert.That(Lines, Has.Member("  proven by: certificate, bidi, stream management"));
        Assert.That(Lines, Has.Some.Matches("^  stanzas: 0 wait, [01] are on their way; [01] arrived, 0 went back, 0 unsure; streams so far: 1$"));
        Assert.That(Lines, Has.Some.EndsWith("s  its certificate proves there.example").And.Some.EndsWith("s  the link is open"));
    }

    [Test]
    public async Task Streams_of_theirs_are_told_of()
    {
        TestServer there = await AddThereAsync(isProven: false);
        User romeo = await here.LoginAsync("romeo@here.example/orchard"), juliet = await there.LoginAsync("juliet@there.example/balcony");
        await juliet.SendAsync("<message to='romeo@here.example' id='m1' type='chat'><body>hi</body></message>");
        await romeo.ExpectAsync("<message from='juliet@there.example/balcony' to='romeo@here.example' id='m1' type='chat'><body>hi</body></message>");
        await fixture.DoAsync("federation list");
        Assert.That(Lines, Has.Some.Matches("^THEIRS +OURS +INCOMING SINCE +PROVEN BY +FROM$").And.Some.Matches("^there.example +here.example +20[-0-9]+ [:0-9]+ +dialback, bidi, stream management +192.0.2.2"));
        Assert.That(await fixture.DoAsync("federation show there.example"), Does.Match("there.example may send to here.example on a stream it opened from 192.0.2.2.*; proven by: dialback, bidi, stream management"));
    }

    [Test]
    public async Task What_failed_is_told_with_the_pause_and_what_went_back()
    {
        User romeo = await WriteAsync("nowhere.example");
        await romeo.NextAsync("an error");
        await fixture.DoAsync("federation list");
        Assert.That(Lines[1], Does.Match("^here.example +nowhere.example +pausing +20[-0-9]+ [:0-9]+ +0 +0 +0 +1 +20[-0-9]+ [:0-9]+ connect: nowhere.example is down$"));
        await fixture.DoAsync("federation show nowhere.example");
        Assert.That(Lines[1], Does.Match("^here.example to nowhere.example: pausing since 20[-0-9]+ [:0-9]+; nothing is sent before 20[-0-9]+ [:0-9]+, unless they come to us$"));
        Assert.That(Lines, Has.Some.EndsWith("1 went back, 0 unsure; streams so far: 0").And.Some.EndsWith("connect: nowhere.example is down"));
    }

    [Test]
    public async Task Test_shows_that_both_ways_work([Values] bool isProven)
    {
        await AddThereAsync(isProven);
        await fixture.DoAsync("federation test there.example");
        string proof = isProven ? "certificate" : "dialback, we by certificate";
        Assert.That(Lines[0], Is.EqualTo("From here.example to there.example; policy: dialback."));
        Assert.That(Lines[^1], Is.EqualTo($"here.example reaches there.example ({proof}, stream management), and there.example answers."));
        Assert.That(Lines, Has.Some.EndsWith("the ping was answered").And.Some.Contains($"there.example has opened a stream to us, from 192.0.2.2").And.Some.EndsWith($"and is proven by {(isProven ? "certificate" : "dialback")}"));
        Assert.That((net.Lines("here.example", "there.example"), net.Lines("there.example", "here.example")), Is.EqualTo((isProven ? 1 : 2, 1)), "a stream each way, and a question for the key of who has no certificate");
        Assert.That(Lines.Any(static line => line.Contains("to mend it: its operator has to get a certificate from an authority known everywhere", StringComparison.Ordinal)), Is.EqualTo(!isProven));
    }

    [Test]
    public async Task Test_does_not_wait_for_the_pause_and_ends_it()
    {
        TestServer there = await AddThereAsync();
        net.IsDown = static (to, _) => to == "there.example";
        User romeo = await WriteAsync("there.example");
        await romeo.NextAsync("an error");
        net.IsDown = static (_, _) => false;
        await fixture.DoAsync("federation test there.example");
        User juliet = await there.LoginAsync("juliet@there.example/balcony");
        await romeo.SendAsync("<message to='juliet@there.example' id='m2' type='chat'><body>hi</body></message>");
        await juliet.ExpectAsync("<message from='romeo@here.example/orchard' to='juliet@there.example' id='m2' type='chat'><body>hi</body></message>");
    }

    [Test]
    public async Task Test_of_a_domain_that_does_not_reach_us_says_so()
    {
        await AddThereAsync();
        net.IsDown = static (to, _) => to == "here.example";
        Task<int> run = fixture.RunAsync("federation test there.example");
        await net.PassAsync(run);
        Assert.That(await run, Is.EqualTo(CommandLine.Refused));
        Assert.That(fixture.Error, Does.StartWith("presencexml: here.example reaches there.example (certificate, stream management), and it is not known whether there.example reaches here.example: open: the ping was taken and not answered within 30 s. To mend it: ")
            .And.Contain("_xmpp-server._tcp.here.example"));
    }

    [Test]
    public async Task Test_where_they_cannot_ask_us_for_the_key_says_so()
    {
        await net.DisposeAsync();
        net = new ServerNet();
        here = await net.AddAsync("here.example", net.SelfSigned("here.example"));
        await RestartControlAsync();
        await AddThereAsync();
        net.IsDown = static (to, _) => to == "here.example";
        string[] told = await FailAsync("there.example");
        Assert.That(told[^1], Does.StartWith("presencexml: here.example does not reach there.example: proof: the other side could not find out whether we are here.example: remote-connection-failed")
            .And.Contain("To mend it: the other side must be able to reach this server: the SRV records _xmpp-server._tcp.here.example"));
        Assert.That(told, Has.Some.Contains("to mend it: our own certificate is self-signed: set tls.certificate"));
    }

    private async Task RestartControlAsync()
    {
        await control.StopAsync(CancellationToken.None);
        control.Dispose();
        control = new ControlServer(fixture.Options, null!, new FederationView(here.Get<LocalDomains>(), here.Get<RemoteDomains>(), here.Get<IncomingStreams>(), here.Get<ILinkTester>(), net.Time), null!, NullLogger<ControlServer>.Instance);
        await control.StartAsync(CancellationToken.None);
    }

    // Steps, and the one line of why.
    private async Task<string[]> FailAsync(string domain)
    {
        Assert.That(await fixture.RunAsync($"federation test {domain}"), Is.EqualTo(CommandLine.Refused), fixture.Out);
        Assert.That(fixture.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        return [.. Lines, fixture.Error.TrimEnd()];
    }

    [Test]
    public async Task Test_says_what_is_wrong_with_a_certificate()
    {
        await AddThereAsync(isProven: false, "strict.example");
        string[] told = await FailAsync("strict.example");
        Assert.That(told[^1], Is.EqualTo("presencexml: here.example does not reach strict.example: TLS: the certificate of strict.example is self-signed, and the configuration requires one that proves it. "
            + "To mend it: its operator has to get a certificate from an authority known everywhere (Let's Encrypt is free); or, if you trust this one, add it to federation.trustedCertificates; "
            + "or allow dialback for it: federation.domains \"strict.example\": { policy: \"dialback\" }."));
        Assert.That(told, Has.Some.Contains("s  encrypted: Tls1").And.Some.Contains("failed: the certificate of strict.example is self-signed"));
    }

    [TestCase("www.strict.example", 90, false, "is for other names: www.strict.example", "a certificate that names strict.example itself")]
    [TestCase("strict.example", 0, false, "expired on ", "renew the certificate")]
    [TestCase("strict.example", 90, true, "or an intermediate certificate was not sent", "put the intermediate certificates into the file")]
    public async Task Test_names_what_is_wrong_with_the_name_the_date_and_the_chain(string name, int days, bool isAlone, string problem, string remedy)
    {
        CertificateAuthority authority = isAlone ? net.Authority.Below("Intermediate", net.Time.GetUtcNow()) : net.Authority;
        await net.AddAsync("strict.example", authority.Issue(new LeafWish { Now = net.Time.GetUtcNow(), Dns = [name], FromDays = -2, ToDays = days, IsAlone = isAlone }));
        net.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await FailAsync("strict.example"))[^1], Does.Contain(problem).And.Contain(remedy));
    }

    [Test]
    public async Task Test_tells_what_the_other_side_said()
    {
        net.Script("angry.example", static async peer =>
        {
            await peer.ReadToAsync("version='1.0' xml:lang='en'>");
            await peer.SendAsync(ScriptedServer.Answer("angry.example", "id1") + "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>who?</text></stream:error></stream:stream>");
        });
        string[] told = await FailAsync("angry.example");
        Assert.That(told[^1], Is.EqualTo("presencexml: here.example does not reach angry.example: stream: the other side ended the stream: host-unknown: who?. "
            + "To mend it: the server found there does not serve angry.example: its SRV records are wrong, or its operator has not set the domain up."));
    }

    [Test]
    public async Task Test_of_a_domain_that_is_denied_says_where()
    {
        string[] told = await FailAsync("denied.example");
        Assert.That(told[^1], Does.StartWith("presencexml: here.example does not reach denied.example: policy: federation with denied.example is denied by the configuration. To mend it: ").And.Contain("federation.domains"));
    }

    [TestCase("federation show unknown.example", "nothing is known of unknown.example (policy: dialback): lately nothing was sent there, and nothing came; \"federation test unknown.example\" tries it")]
    [TestCase("federation show denied.example", "nothing is known of denied.example (policy: deny): lately nothing was sent there, and nothing came; \"federation test denied.example\" tries it")]
    [TestCase("federation show here.example", "here.example is served here; no link leads to it")]
    [TestCase("federation test irc.here.example", "irc.here.example is a component of this server; no link leads to it")]
    [TestCase("federation test a@b", "\"a@b\" is no domain name")]
    [TestCase("federation show -..-", "\"-..-\" is no domain name")]
    [TestCase("federation test there.example --from there.example", "the server does not serve there.example, only here.example")]
    [TestCase("federation test there.example --from a@b", "\"a@b\" is no domain name")]
    public async Task What_cannot_be_told_is_refused(string command, string reason) => Assert.That(await fixture.RefusedAsync(command), Is.EqualTo("presencexml: " + reason));

    [Test]
    public async Task A_component_may_be_who_speaks()
    {
        await AddThereAsync();
        Assert.That(await fixture.DoAsync("federation test there.example --from irc.here.example"), Does.Contain("irc.here.example reaches there.example (certificate, we by dialback, stream management), and there.example answers."));
    }

    [TestCase("federation list"), TestCase("federation show there.example"), TestCase("federation test there.example")]
    public async Task Where_no_server_runs_that_is_said(string command)
    {
        await control.StopAsync(CancellationToken.None);
        Assert.That(await fixture.RefusedAsync(command), Is.EqualTo($"presencexml: no server runs on {fixture.Data}, and only one that runs knows its links; start it, or name the right --config"));
    }

    [Test]
    public async Task Help_names_them() =>
        Assert.That(await fixture.DoAsync("federation --help"), Does.Contain("list").And.Contain("show <DOMAIN>").And.Contain("test <DOMAIN>"));
}
