using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams;
using PresenceXml.Server.Streams.Components;
using PresenceXml.Testing;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>Components (XEP-0114) and other servers, each through the server between them.</summary>
[CancelAfter(60_000)]
public sealed class RemoteComponentTests
{
    private ServerNet net = null!;

    [SetUp]
    public void Begin() => net = new ServerNet();

    [TearDown]
    public async Task End() => await net.DisposeAsync();

    [Test]
    public async Task A_component_and_a_user_elsewhere_reach_each_other([Values] bool areProven)
    {
        string[] names = ["there.example", "irc.there.example"];
        TestServer here = await net.AddAsync("here.example", areProven ? net.Proving("here.example") : net.SelfSigned("here.example"), null, "romeo");
        TestServer there = await net.AddAsync("there.example", areProven ? net.Proving(names) : net.SelfSigned(names),
            static options => options.Components = new Dictionary<string, ComponentOptions> { ["irc.there.example"] = new() { Secret = ComponentHost.Secret } });
        User romeo = await here.LoginAsync("romeo@here.example/orchard");
        var pipes = new PipePair();
        await using var stream = new ComponentStream(pipes.Server, new AddressPrefix(0xC0000203, false), pipes.Abort, there.Get<ComponentServices>());
        await using var irc = new TestClient(pipes.ClientStream, pipes.HangUp);
        Task run = stream.RunAsync(direct: false);
        await irc.SendAsync(ComponentHost.Handshake(await ComponentHost.OpenAsync(irc, "irc.there.example"), ComponentHost.Secret));
        Assert.That(await irc.ReadToAsync("/>"), Is.EqualTo("<handshake/>"));

        // The component speaks first: the link begins in its name.
        await irc.SendAsync("<message from='#room@irc.there.example/nick' to='romeo@here.example/orchard' id='m1' type='chat'><body>hi</body></message>");
        await romeo.ExpectAsync("<message from='#room@irc.there.example/nick' to='romeo@here.example/orchard' id='m1' type='chat'><body>hi</body></message>");
        await romeo.SendAsync("<message to='#room@irc.there.example/nick' id='m2' type='chat'><body>ho</body></message>");
        Assert.That(await irc.ReadToAsync("</message>"), Is.EqualTo("<message from='romeo@here.example/orchard' to='#room@irc.there.example/nick' id='m2' type='chat'><body>ho</body></message>"));

        // And what cannot be sent on goes back to it.
        await irc.SendAsync("<message from='#room@irc.there.example/nick' to='x@nowhere.example' id='m3' type='chat'><body>hi</body></message>");
        Assert.That(await irc.ReadToAsync("</message>"), Does.StartWith("<message from='x@nowhere.example' to='#room@irc.there.example/nick' id='m3' type='error'>"));
        await irc.SendAsync("</stream:stream>");
        Assert.That(await irc.ReadToAsync("</stream:stream>"), Is.EqualTo("</stream:stream>"));
        await run;

        // While it is away its senders elsewhere are told.
        await romeo.SendAsync("<message to='#room@irc.there.example/nick' id='m4' type='chat'><body>there?</body></message>");
        Assert.That((await romeo.NextAsync("an error")).ToString(), Does.Contain("id='m4'").And.Contain("The component is not connected"));
    }

    [Test]
    public async Task No_other_server_speaks_for_a_component()
    {
        await net.AddAsync("there.example", net.Proving("there.example"), static options => options.Components = new Dictionary<string, ComponentOptions> { ["irc.there.example"] = new() { Secret = ComponentHost.Secret } });
        TestClient peer = net.Connect("there.example");
        await peer.SendAsync("<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' from='irc.there.example' to='there.example' version='1.0'>");
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.Contain("<invalid-from "));
    }
}
