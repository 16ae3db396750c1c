using PresenceXml.Testing;

namespace PresenceXml.Server.Tests;

/// <summary>A server of ours and the others, of whom Tybalt at <c>elsewhere.example</c> is one.</summary>
public abstract class RemoteFixture : FaultyFixture
{
    protected const string Tybalt = "tybalt@elsewhere.example";
    protected const string Street = "tybalt@elsewhere.example/street";
    protected const string Unavailable = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

    protected RemoteServer Remote { get; private set; } = null!;

    [SetUp]
    public void StandElsewhere() => Remote = new RemoteServer(Server);

    /// <summary>The account and Tybalt are subscribed to each other, by the stanzas that make it so; nobody is online afterwards.</summary>
    protected async Task BefriendAsync(string account = Play.Romeo)
    {
        await using TestClient client = await Server.ConnectAsync(account + "/befriend");
        await client.SendAsync($"<presence to='{Tybalt}' type='subscribe'/>");
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{account}' type='subscribed'/><presence from='{Tybalt}' to='{account}' type='subscribe'/>");
        await client.SendAsync($"<presence to='{Tybalt}' type='subscribed'/>");
        Remote.Drain();
    }

    /// <summary>Logs in and forgets what that told other servers.</summary>
    protected async Task<TestClient> LoginAsync(string address, string presence = "<presence/>")
    {
        TestClient client = await Server.LoginAsync(address, presence);
        Remote.Drain();
        return client;
    }
}
