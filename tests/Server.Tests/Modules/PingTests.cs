using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0199.</summary>
public sealed class PingTests : ServerFixture
{
    [Test]
    public async Task Domain_and_own_account_answer_and_others_do_not()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        (await juliet.AskAsync("<iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")).ShouldBeDone();
        (await juliet.AskAsync("<iq type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>")).ShouldBeDone();
        (await juliet.AskAsync("<iq type='get' id='3' to='juliet@localhost'><ping xmlns='urn:xmpp:ping'/></iq>")).ShouldBeDone();
        string romeo = (await juliet.AskAsync("<iq type='get' id='4' to='romeo@localhost'><ping xmlns='urn:xmpp:ping'/></iq>")).Faceless();
        string nobody = (await juliet.AskAsync("<iq type='get' id='5' to='nobody@localhost'><ping xmlns='urn:xmpp:ping'/></iq>")).Faceless();
        Assert.That(romeo, Is.EqualTo(nobody).And.Contain("service-unavailable"));
    }
}
