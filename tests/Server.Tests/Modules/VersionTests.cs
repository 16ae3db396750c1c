using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Version;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0092.</summary>
public sealed class VersionTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Tells_name_and_version_and_the_system_only_when_asked_to(bool showOs)
    {
        await using TestServer server = await TestServer.StartAsync(settings => settings.ModuleOptions.Set("version", new VersionOptions { ShowOs = showOs }));
        await server.AddAccountsAsync("juliet@localhost");
        TestClient juliet = await server.ConnectAsync("juliet@localhost/balcony");
        Element query = (await juliet.AskAsync("<iq type='get' id='1' to='localhost'><query xmlns='jabber:iq:version'/></iq>")).Child("jabber:iq:version", "query")!;
        Assert.That(query.Child("jabber:iq:version", "name")!.Text, Is.EqualTo("PresenceXml"));
        Assert.That(query.Child("jabber:iq:version", "version")!.Text, Is.EqualTo(Software.Version).And.Match(@"^\d+\.\d+\.\d+"));
        Assert.That(query.Child("jabber:iq:version", "os") is not null, Is.EqualTo(showOs));
    }
}
