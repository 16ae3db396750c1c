using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Server.Modules.AccessPolicy;
using PresenceXml.Server.Modules.Delivery;
using PresenceXml.Server.Modules.Privacy;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>A server whose administrator has switched rules off: none can be made, and none that is stored has any effect.</summary>
public sealed class RulesOffTests : WatcherFixture
{
    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.ModuleOptions.Set("accessRules", new AccessRulesOptions { Enabled = false });
        settings.ModuleOptions.Set("deliveryRules", new DeliveryOptions { Enabled = false });
        settings.ModuleOptions.Set("privacyLists", new PrivacyOptions { Enabled = false });
    }

    [SetUp]
    public async Task AddAccountsAsync() => await Server.AddAccountsAsync(Juliet, Romeo);

    [TestCase("<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'/>")]
    [TestCase("<delivery xmlns='urn:x-presencexml:delivery:0'/>")]
    [TestCase("<query xmlns='jabber:iq:privacy'/>")]
    public async Task They_cannot_be_read_or_made(string request)
    {
        TestClient juliet = await Server.ConnectAsync(Juliet + "/balcony");
        (await juliet.AskAsync($"<iq type='get' id='g'>{request}</iq>")).ShouldBe("service-unavailable");
        (await juliet.AskAsync($"<iq type='set' id='s'>{request}</iq>")).ShouldBe("service-unavailable");
    }

    [Test]
    public async Task Stored_ones_are_not_obeyed()
    {
        await Server.SubscribeAsync(Romeo, Juliet);
        const string Rules = "7\n<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'><rule id='r'><actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>polite-block</sub-handling><override xmlns='urn:x-presencexml:access:0'/></actions></rule></ruleset>";
        await Server.Engine.Commit(new StorageBatch().Put("access", Jid.Parse(Juliet), "rules", Encoding.UTF8.GetBytes(Rules)));
        await Server.RestartAsync();
        IWatcher watcher = await WatcherAsync(true);
        await watcher.GotAsync();
        await LoginAsync(Juliet + "/balcony");
        Assert.That(await watcher.GotAsync(), Is.EqualTo(new[] { "available juliet@localhost/balcony" }));
    }
}
