using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>RFC 2779 §5.4.8: what is sent within the limit can be read, all of it, at once and from the inbox.</summary>
[CancelAfter(60_000)]
public sealed class LargeMessageTests
{
    [Test]
    public async Task A_message_just_below_the_limit_arrives_whole([Values] bool isThere)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        string body = string.Concat(Enumerable.Repeat("Good morrow, Juliet! ", (new LimitOptions().StanzaBytes - 1024) / 21));
        TestClient? juliet = isThere ? (await host.LoginAsync("juliet", "balcony")).Client : null;
        if (juliet is not null) await juliet.SendAsync("<presence/>");
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='m'><body>{body}</body></message><iq type='get' id='fence' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        Assert.That(await romeo.ReadToAsync("fence'"), Does.Not.Contain("error"));
        if (juliet is null)
        {
            juliet = (await host.LoginAsync("juliet", "balcony")).Client;
            await juliet.SendAsync("<presence/>");
        }
        Assert.That(await juliet.ReadToAsync("</message>"), Does.Contain($"<body>{body}</body>"));
    }
}
