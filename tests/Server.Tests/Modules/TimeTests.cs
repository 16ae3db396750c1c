using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0202, in the formats of XEP-0082.</summary>
public sealed class TimeTests : ServerFixture
{
    [Test]
    public async Task Tells_the_clock_in_UTC_and_the_zone()
    {
        await Server.AddAccountsAsync("juliet@localhost");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        string utc = Server.Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        TimeSpan offset = Server.Clock.GetLocalNow().Offset;
        string zone = (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(@"hh\:mm", System.Globalization.CultureInfo.InvariantCulture);
        await juliet.SendAsync("<iq type='get' id='1' to='localhost'><time xmlns='urn:xmpp:time'/></iq>");
        await juliet.ExpectAsync($"<iq type='result' id='1' from='localhost'><time xmlns='urn:xmpp:time'><tzo>{zone}</tzo><utc>{utc}</utc></time></iq>");
    }
}
