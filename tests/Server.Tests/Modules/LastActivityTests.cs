using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0012.</summary>
public sealed class LastActivityTests : ServerFixture
{
    [SetUp]
    public Task AddAccountsAsync() => Server.AddAccountsAsync("juliet@localhost", "romeo@localhost", "tybalt@localhost");

    [Test]
    public async Task The_domain_tells_its_uptime()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Server.Clock.Advance(TimeSpan.FromSeconds(123.9));
        await juliet.SendAsync(Ask("1", "localhost"));
        await juliet.ExpectAsync("<iq type='result' id='1' from='localhost'><query xmlns='jabber:iq:last' seconds='123'/></iq>");
    }

    [Test]
    public async Task A_friend_learns_when_an_account_left_and_what_it_said_also_after_a_restart()
    {
        await Server.BefriendAsync("juliet@localhost", "romeo@localhost");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync(Ask("1", "juliet@localhost"));
        await romeo.ExpectAsync("<iq type='result' id='1' from='juliet@localhost'><query xmlns='jabber:iq:last' seconds='0'/></iq>");

        await juliet.SendAsync("<presence type='unavailable'><status>Heading Home</status></presence>");
        await romeo.ExpectAsync("<presence type='unavailable' from='juliet@localhost/balcony'/>");
        // Connected and not available is not there.
        Server.Clock.Advance(TimeSpan.FromSeconds(903));
        await romeo.SendAsync(Ask("2", "juliet@localhost"));
        await romeo.ExpectAsync("<iq type='result' id='2'><query xmlns='jabber:iq:last' seconds='903'>Heading Home</query></iq>");

        await Server.RestartAsync();
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync(Ask("3", "juliet@localhost"));
        await romeo.ExpectAsync("<iq type='result' id='3'><query xmlns='jabber:iq:last' seconds='904'>Heading Home</query></iq>");
    }

    [Test]
    public async Task The_owner_is_there()
    {
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync(Ask("1", "juliet@localhost"));
        await juliet.ExpectAsync("<iq type='result' id='1'><query xmlns='jabber:iq:last' seconds='0'/></iq>");
        await juliet.SendAsync("<iq type='get' id='2'><query xmlns='jabber:iq:last'/></iq>");
        await juliet.ExpectAsync("<iq type='result' id='2'><query xmlns='jabber:iq:last' seconds='0'/></iq>");
    }

    [Test, Property("Spec", "D-08")]
    public async Task A_stranger_cannot_tell_online_offline_and_nobody_apart()
    {
        await Server.LoginAsync("juliet@localhost/balcony");
        TestClient tybalt = await Server.LoginAsync("tybalt@localhost/street");
        string online = (await tybalt.AskAsync(Ask("1", "juliet@localhost"))).Faceless();
        string offline = (await tybalt.AskAsync(Ask("2", "romeo@localhost"))).Faceless();
        string nobody = (await tybalt.AskAsync(Ask("3", "nobody@localhost"))).Faceless();
        Assert.That(new[] { online, offline }, Is.All.EqualTo(nobody).And.All.Contain("service-unavailable"));
    }

    private static string Ask(string id, string to) => $"<iq type='get' id='{id}' to='{to}'><query xmlns='jabber:iq:last'/></iq>";
}
