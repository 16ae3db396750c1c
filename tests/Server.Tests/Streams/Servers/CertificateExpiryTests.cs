using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Streams.Servers.ScriptedServer;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>What a certificate proved holds no longer than it does: streams that it opened end with <c>reset</c> (RFC 6120 §13.7.2.3).</summary>
[CancelAfter(60_000)]
[Property("Spec", "T-17"), Property("Spec", "SE-reset")]
public sealed class CertificateExpiryTests
{
    private static readonly TimeSpan Before = TimeSpan.FromDays(1) - TimeSpan.FromSeconds(2);
    private ServerNet net = null!;
    private TestServer here = null!;

    [SetUp]
    public async Task Begin()
    {
        net = new ServerNet();
        here = await net.AddAsync("here.example", net.Proving("here.example"), static options => (options.Federation.IdleSeconds, options.Limits.IdleSeconds, options.Limits.PreAuthSeconds) = (0, 0, 0), "juliet");
    }

    [TearDown]
    public async Task End() => await net.DisposeAsync();

    private (string Chain, string Key) ForADay(string domain) => net.Authority.Issue(new LeafWish { Now = net.Time.GetUtcNow(), Dns = [domain], ToDays = 1 });

    [Test]
    public async Task A_stream_of_another_server_ends_with_its_certificate([Values] bool bySasl)
    {
        TestClient peer = net.Connect("here.example");
        if (bySasl)
        {
            await peer.ProveAsync("good.example", "here.example", ForADay("good.example"));
        }
        else
        {
            await peer.SecureAsync("good.example", "here.example", ServerNet.Context(ForADay("good.example")));
            await peer.SendAsync("<db:result from='good.example' to='here.example'>key</db:result>");
            Assert.That(await peer.ReadToAsync(">"), Does.Contain("type='valid'"));
        }
        net.Time.Advance(Before);
        await peer.SendAsync("<db:verify from='good.example' to='here.example' id='s'>k</db:verify>");
        Assert.That(await peer.ReadToAsync("type='invalid'/>"), Does.Not.Contain("</stream:stream>"));
        Task<string> end = peer.ReadToAsync("</stream:stream>");
        await net.PassAsync(end);
        Assert.That(StreamError(await end), Is.EqualTo("reset"));
    }

    [Test]
    public async Task One_that_was_proven_without_a_certificate_does_not([Values] bool isShown)
    {
        net.Script("good.example", peer => peer.VerifyAsync("good.example", net.SelfSigned("good.example"), "valid"));
        TestClient peer = net.Connect("here.example");
        // One that proves another domain ends nothing.
        await peer.SecureAsync("good.example", "here.example", isShown ? ServerNet.Context(ForADay("evil.example")) : null);
        await peer.SendAsync("<db:result from='good.example' to='here.example'>key</db:result>");
        Assert.That(await peer.ReadToAsync(">"), Does.Contain("type='valid'"));
        net.Time.Advance(Before + TimeSpan.FromSeconds(5));
        await peer.SendAsync("<db:verify from='good.example' to='here.example' id='s'>k</db:verify>");
        Assert.That(await peer.ReadToAsync("type='invalid'/>"), Does.Not.Contain("</stream:stream>"));
    }

    [Test]
    public async Task A_stream_of_ours_ends_with_the_certificate_of_the_other_side()
    {
        var arrived = new TaskCompletionSource();
        var end = new TaskCompletionSource<string>();
        net.Script("good.example", async peer =>
        {
            await peer.AcceptAsync("good.example", ForADay("good.example"), "<dialback xmlns='urn:xmpp:features:dialback'/><sm xmlns='urn:xmpp:sm:3'/>");
            await peer.ReadToAsync("</db:result>");
            await peer.SendAsync("<db:result from='good.example' to='here.example' type='valid'/>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync("<enabled xmlns='urn:xmpp:sm:3'/>");
            await peer.ReadToAsync("</message>");
            await peer.SendAsync("<a xmlns='urn:xmpp:sm:3' h='1'/><r xmlns='urn:xmpp:sm:3'/>");
            await peer.ReadToAsync("<a ");
            arrived.TrySetResult();
            end.TrySetResult(await peer.ReadToAsync("</stream:stream>"));
        });
        User juliet = await here.LoginAsync("juliet@here.example/x");
        await juliet.SendAsync("<message to='romeo@good.example' id='m' type='chat'><body>hi</body></message>");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        net.Time.Advance(Before);
        Assert.That(end.Task.IsCompleted, Is.False);
        await net.PassAsync(end.Task);
        Assert.That(StreamError(await end.Task), Is.EqualTo("reset"));
    }
}
