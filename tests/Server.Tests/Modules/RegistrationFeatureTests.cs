using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules.Registration;
using PresenceXml.Server.Tests.Streams;
using TestClient = PresenceXml.Server.Tests.Streams.TestClient;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0077 §8 and §3.1.1 over a stream: from nothing to a login.</summary>
[CancelAfter(60_000)]
public sealed class RegistrationFeatureTests
{
    private const string Feature = "<register xmlns='http://jabber.org/features/iq-register'/>";
    private const string Ns = "jabber:iq:register";

    [Test]
    public async Task A_stranger_makes_an_account_and_logs_in_on_the_same_stream()
    {
        await using StreamHost host = await OpenAsync();
        TestClient client = host.Connect();
        Assert.That(await client.SecureAsync(), Does.Contain(Feature));
        await client.SendAsync($"<iq type='get' id='r1' to='localhost'><query xmlns='{Ns}'/></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("id='r1'").And.Contain("<username/><password/>").And.Contain("type='result'"));
        await client.SendAsync($"<iq type='set' id='r2'><query xmlns='{Ns}'><username>mercutio</username><password>queen mab</password></query></iq>");
        Assert.That(await client.ReadToAsync("/>"), Does.Contain("id='r2'").And.Contain("type='result'"));
        Assert.That(await client.ScramAsync("SCRAM-SHA-256", "mercutio", "queen mab"), Does.StartWith("<success"));
        // Afterwards it is not offered any more.
        Assert.That(await client.OpenAsync(), Does.Not.Contain(Feature));
    }

    [Test]
    public async Task It_is_not_offered_and_not_done_before_TLS_nor_when_off()
    {
        await using StreamHost host = await OpenAsync();
        TestClient plain = host.Connect();
        Assert.That(await plain.OpenAsync(), Does.Not.Contain(Feature));
        await plain.SendAsync(Set("mercutio"));
        Assert.That(await plain.ReadToAsync("</iq>"), Does.Contain("service-unavailable").And.Not.Contain("queen mab"));
        host.Get<ModuleOptionsSource>().Get<RegistrationOptions>("registration").Enabled = false;
        TestClient secure = host.Connect();
        Assert.That(await secure.SecureAsync(), Does.Not.Contain(Feature));
        await secure.SendAsync(Set("mercutio"));
        Assert.That(await secure.ReadToAsync("</iq>"), Does.Contain("service-unavailable").And.Not.Contain("queen mab"));
        Assert.That(await host.Accounts.FindAsync(Jid.Parse("mercutio@localhost")), Is.Null);
    }

    [Test]
    public async Task Between_login_and_binding_it_ends_the_stream()
    {
        await using StreamHost host = await OpenAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.ScramAsync("SCRAM-SHA-256", "juliet", StreamHost.Password);
        await client.OpenAsync();
        await client.SendAsync(Set("mercutio"));
        Assert.That(await client.ReadToEndAsync(), Does.Contain("not-authorized"));
        Assert.That(await host.Accounts.FindAsync(Jid.Parse("mercutio@localhost")), Is.Null);
    }

    [Test]
    public async Task Once_bound_it_is_the_own_account_that_is_meant()
    {
        await using StreamHost host = await OpenAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync($"<iq type='get' id='r1'><query xmlns='{Ns}'/></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("<registered/><username>juliet</username>"));
        await client.SendAsync($"<iq type='set' id='r2'><query xmlns='{Ns}'><remove/></query></iq>");
        Assert.That(await client.ReadToEndAsync(), Does.Match("(?s)<iq[^>]*id='r2'[^>]*/>.*<stream:error><not-authorized").And.Contain("type='result'"));
        Assert.That(await host.Accounts.FindAsync(Jid.Parse("juliet@localhost")), Is.Null);
    }

    private static string Set(string name) => $"<iq type='set' id='s'><query xmlns='{Ns}'><username>{name}</username><password>queen mab</password></query></iq>";

    private static async Task<StreamHost> OpenAsync()
    {
        StreamHost host = await StreamHost.StartAsync();
        host.Get<ModuleOptionsSource>().Get<RegistrationOptions>("registration").Enabled = true;
        return host;
    }
}
