namespace PresenceXml.Testing;

/// <summary>What many plays begin with.</summary>
public static class Play
{
    public const string Romeo = "romeo@localhost";
    public const string Juliet = "juliet@localhost";

    /// <summary>Both accounts exist and are subscribed to each other (Both and Both); nobody is online.</summary>
    public static async Task BefriendAsync(this TestServer server, string one = Romeo, string other = Juliet)
    {
        await server.SubscribeAsync(one, other);
        await server.SubscribeAsync(other, one);
    }

    /// <summary>The watcher is subscribed to the presentity, by the stanzas that make it so; nobody is online afterwards.</summary>
    public static async Task SubscribeAsync(this TestServer server, string watcher, string presentity)
    {
        await using TestClient asking = await server.ConnectAsync(watcher + "/asking");
        await using TestClient granting = await server.ConnectAsync(presentity + "/granting");
        await asking.SendAsync($"<presence to='{presentity}' type='subscribe'/>");
        await granting.SendAsync($"<presence to='{watcher}' type='subscribed'/>");
    }

    /// <summary>Asks for the roster, so that the client is interested in pushes.</summary>
    public static async Task ShowInterestAsync(this TestClient client)
    {
        await client.SendAsync("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
        await client.DrainAsync();
    }
}
