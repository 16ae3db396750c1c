using PresenceXml.Server.Tests.Streams.Management;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>XEP-0352 1.0 on the wire; what waits is in <see cref="Sessions.ClientStateTests"/>.</summary>
[Property("Spec", "XEP-0352")]
[CancelAfter(120_000)]
public sealed class ClientStateTests
{
    private const string Inactive = "<inactive xmlns='urn:xmpp:csi:0'/>";
    private const string Active = "<active xmlns='urn:xmpp:csi:0'/>";
    private const string Csi = "<csi xmlns='urn:xmpp:csi:0'/>";

    private static string ChatState(string id) => $"<message to='juliet@localhost' type='chat' id='{id}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>";

    [Test]
    public async Task It_is_announced_after_authentication_and_refused_before_binding()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        Assert.That(await client.SecureAsync(), Does.Not.Contain(Csi));
        await client.PlainAsync("juliet", StreamHost.Password);
        Assert.That(await client.OpenAsync(), Does.Contain(Csi));
        await client.SendAsync(Inactive);
        Assert.That(await client.ReadToEndAsync(), Does.Contain("<not-authorized "));
    }

    [Test]
    public async Task Before_authentication_it_ends_the_stream()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync(Active);
        Assert.That(await client.ReadToEndAsync(), Does.Contain("<not-authorized "));
    }

    [Test]
    public async Task There_is_no_answer_and_what_waited_comes_before_the_answer_to_what_is_asked_next()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _) = await host.LoginAsync("juliet", "j");
        await juliet.SendAsync("<presence/>" + Inactive);
        await juliet.FenceByIqAsync();
        await romeo.SendAsync(ChatState("1"));
        await romeo.FenceByIqAsync();
        Assert.That(host.Session("juliet@localhost/j")!.Outbox.Held, Is.EqualTo(1));
        await juliet.SendAsync(Active + "<iq type='get' id='ping' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(Ids(await juliet.ReadToAsync("id='ping'")), Is.EqualTo(new[] { "1" }));
        await romeo.SendAsync(ChatState("2"));
        await juliet.ReadToAsync("id='2'");
        // The same again, and unknown ones of that namespace.
        await juliet.SendAsync(Active + Inactive + Inactive + "<sleepy xmlns='urn:xmpp:csi:0'/>");
        Assert.That(await juliet.ReadToAsync("</stream:stream>"), Does.Contain("<unsupported-stanza-type "));
    }

    [TestCase(0, 500)]
    [TestCase(500, 0)]
    public async Task It_can_be_switched_off(int stanzas, int bytes)
    {
        await using StreamHost host = await StreamHost.StartAsync(options => (options.ClientState.WaitingStanzas, options.ClientState.WaitingBytes) = (stanzas, bytes));
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _) = await host.LoginAsync("juliet", "j");
        await juliet.SendAsync("<presence/>" + Inactive);
        await juliet.FenceByIqAsync();
        await romeo.SendAsync(ChatState("1"));
        await juliet.ReadToAsync("id='1'");
    }

    [Test]
    public async Task A_resumed_stream_begins_as_active_and_what_waited_comes_in_order()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        await juliet.SendAsync(Inactive);
        await juliet.FenceAsync();
        await romeo.SendAsync(ChatState("1"));
        await romeo.FenceByIqAsync();
        // The acknowledgements of a client that nobody looks at do not bring it anything.
        Assert.That(await juliet.FenceAsync(), Is.Empty);
        await host.LoseAsync(line);
        await romeo.SendAsync(ChatState("2"));
        await romeo.FenceByIqAsync();
        (TestClient back, _) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(Ids(await back.ReadToAsync("id='2'") + ">"), Is.EqualTo(new[] { "1", "2" }));
        await romeo.SendAsync(ChatState("3"));
        await back.ReadToAsync("id='3'");
    }

    [Test]
    public async Task Whoever_is_not_looked_at_is_not_asked_soon_whether_he_is_there()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        (TestClient juliet, _) = await host.LoginAsync("juliet", "j");
        await juliet.SendAsync("<presence/>" + Inactive);
        await juliet.FenceByIqAsync();
        await romeo.SendAsync("<message to='juliet@localhost' id='1'><body>x</body></message>");
        await juliet.ReadToAsync("id='1'");
        host.Time.Advance(TimeSpan.FromSeconds(1));
        host.Time.Advance(TimeSpan.FromSeconds(200));
        Assert.That(await juliet.FenceByIqAsync(), Does.Not.Contain("<ping"));
        host.Time.Advance(TimeSpan.FromSeconds(301));
        await juliet.ReadToAsync("<ping ");
    }
}
