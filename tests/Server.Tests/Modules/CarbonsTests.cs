using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Sessions;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0280 1.0.1: discovery, enabling and disabling. What is copied is in <see cref="Messaging.CarbonTests"/>.</summary>
[Property("Spec", "XEP-0280")]
public sealed class CarbonsTests : ServerFixture
{
    private const string Enable = "<iq type='set' id='e'><enable xmlns='urn:xmpp:carbons:2'/></iq>";
    private const string Disable = "<iq type='set' id='d'><disable xmlns='urn:xmpp:carbons:2'/></iq>";

    [SetUp]
    public Task AddAsync() => Server.AddAccountsAsync(Play.Romeo, Play.Juliet);

    [Test]
    public async Task The_domain_announces_them_with_all_their_rules()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        Element info = await romeo.AskAsync("<iq type='get' to='localhost' id='i'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
        foreach (string feature in new[] { "urn:xmpp:carbons:2", "urn:xmpp:carbons:rules:0" })
            Assert.That(info.Children.Single().Children.Any(child => child["var"] == feature), feature);
    }

    [Test]
    public async Task They_are_off_until_asked_for_and_can_be_switched_as_often_as_one_likes()
    {
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        foreach ((string? request, bool copied) in new[] { (null, false), (Enable, true), (Enable, true), (Disable, false), (Disable, false), (Enable, true) })
        {
            if (request is not null)
                (await phone.AskAsync(request)).ShouldBeDone();
            await romeo.SendAsync("<message to='juliet@localhost/balcony' type='chat'><body>x</body></message>");
            if (copied)
                await phone.ExpectAsync("<message from='juliet@localhost'><received xmlns='urn:xmpp:carbons:2'/></message>");
            await phone.ExpectNothingAsync();
        }
        await juliet.DrainAsync();
    }

    [Test]
    public async Task A_client_can_begin_with_them()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        Assert.That(Server.Get<ServiceCatalog>().BindFeatures, Does.Contain("urn:xmpp:carbons:2"));
        Func<ClientSession, Element, Element?> begin = Server.Get<ServiceCatalog>().FindBindFeature("urn:xmpp:carbons:2")!;
        Assert.That(begin(romeo.Session, new Element("urn:xmpp:carbons:2", "something")), Is.Null);
        Assert.That(romeo.Session.TakesCarbons, Is.False);
        Assert.That(begin(romeo.Session, new Element("urn:xmpp:carbons:2", "enable")), Is.Null);
        Assert.That(romeo.Session.TakesCarbons, Is.True);
    }

    [TestCase("juliet@localhost")]
    [TestCase("nobody@localhost")]
    public async Task Nobody_switches_those_of_another(string account)
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        (await romeo.AskAsync(Enable.Replace("<iq ", $"<iq to='{account}' ", StringComparison.Ordinal))).ShouldBe("not-allowed");
        (await romeo.AskAsync(Disable.Replace("<iq ", $"<iq to='{account}' ", StringComparison.Ordinal))).ShouldBe("not-allowed");
    }

    [Test]
    public async Task The_own_address_is_as_good_as_none()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        (await romeo.AskAsync(Enable.Replace("<iq ", "<iq to='romeo@localhost' ", StringComparison.Ordinal))).ShouldBeDone();
        Assert.That(romeo.Session.TakesCarbons, Is.True);
    }
}
