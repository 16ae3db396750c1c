using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence.Watching;

/// <summary>Access rules that ask how a watcher behaves and how it appears (docs/protocol/access-rules.md, "poller" and "visibility").</summary>
public sealed class WatcherConditionTests : WatcherFixture
{
    private const string AccessNs = "urn:x-presencexml:access:0";

    [Test]
    public async Task Only_people_I_can_see_may_see_me([Values("full", "coarse", "count", "none")] string show)
    {
        await AllowAsync($"<visibility xmlns='{AccessNs}'>full coarse</visibility>");
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        (await paris.AskAsync($"<iq type='set' id='v'><visibility xmlns='urn:x-presencexml:visibility:0'><default show='{show}'/></visibility></iq>")).ShouldBeDone();
        bool isSeen = (await FetchAsync(paris))["type"] == "result";
        Assert.That(isSeen, Is.EqualTo(show is "full" or "coarse"));
    }

    [Test]
    public async Task A_poller_may_be_treated_as_a_stranger()
    {
        await AllowAsync($"<poller xmlns='{AccessNs}'>false</poller>");
        TestClient paris = await Server.LoginAsync("paris@localhost/x");
        for (int i = 0; i < 4; i++)
        {
            await AfterAsync(600);
            (await FetchAsync(paris)).ShouldBeResult();
        }
        await AfterAsync(600);
        (await FetchAsync(paris)).ShouldBe("service-unavailable");
    }

    private async Task AllowAsync(string condition) => (await Owner.AskAsync(
        "<iq type='set' id='rules'><ruleset xmlns='urn:ietf:params:xml:ns:common-policy'>"
        + $"<rule id='r'><conditions>{condition}</conditions><actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>allow</sub-handling></actions>"
        + "<transformations><provide-all-attributes xmlns='urn:ietf:params:xml:ns:pres-rules'/></transformations></rule></ruleset></iq>")).ShouldBeResult();
}
