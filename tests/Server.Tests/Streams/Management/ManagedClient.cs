using PresenceXml.Protocol;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>What a client with stream management does, by hand.</summary>
internal static class ManagedClient
{
    public const string Sm = "xmlns='urn:xmpp:sm:3'";

    public static string Message(string id, string to = "juliet@localhost", string body = "x") => $"<message to='{to}' id='{id}' type='chat'><body>{body}</body></message>";

    /// <summary>A client that has authenticated and bound nothing.</summary>
    public static async Task<TestClient> AuthenticateAsync(this StreamHost host, string user, PipePair? pipes = null)
    {
        TestClient client = host.Connect(pipes ?? new PipePair());
        await client.SecureAsync();
        await client.PlainAsync(user, StreamHost.Password);
        await client.OpenAsync();
        return client;
    }

    /// <summary>A client with a resource, stream management that can be resumed, and initial presence, which it has seen and acknowledged.</summary>
    public static async Task<(TestClient Client, string Id, PipePair Line)> ManageAsync(this StreamHost host, string user, string resource = "sm", string presence = "<presence/>")
    {
        var line = new PipePair();
        TestClient client = await host.AuthenticateAsync(user, line);
        await client.BindAsync(resource);
        string id = await client.EnableAsync();
        if (presence.Length > 0)
        {
            await client.SendAsync(presence);
            await client.ReadToAsync("<r ");
            await client.ReadToAsync("/>");
            await client.SendAsync($"<a {Sm} h='1'/>");
            await client.FenceAsync();
        }
        return (client, id, line);
    }

    /// <summary>Turns stream management on and returns the name to resume by.</summary>
    public static async Task<string> EnableAsync(this TestClient client, string attributes = "resume='true'")
    {
        await client.SendAsync($"<enable {Sm} {attributes}/>");
        return Attribute(await client.ReadToAsync("/>"), "id") ?? "";
    }

    /// <summary>Asks how much was handled; the answer.</summary>
    public static async Task<string> RequestAsync(this TestClient client)
    {
        await client.SendAsync($"<r {Sm}/>");
        await client.ReadToAsync("<a ");
        return Attribute("<a " + await client.ReadToAsync("/>"), "h")!;
    }

    /// <summary>Everything sent before has been looked at. Returns what came meanwhile.</summary>
    public static async Task<string> FenceAsync(this TestClient client)
    {
        await client.SendAsync($"<r {Sm}/>");
        string all = await client.ReadToAsync("<a ");
        await client.ReadToAsync("/>");
        return all[..^"<a ".Length];
    }

    /// <summary>As <see cref="FenceAsync"/>, for a client without stream management.</summary>
    public static async Task<string> FenceByIqAsync(this TestClient client)
    {
        await client.SendAsync("<iq type='get' id='fence'><fence xmlns='urn:x-test:fence'/></iq>");
        string all = await client.ReadToAsync("id='fence'");
        await client.ReadToAsync("</iq>");
        return all;
    }

    /// <summary>Both accounts of the host are subscribed to each other; nobody is online.</summary>
    public static async Task BefriendAsync(this StreamHost host)
    {
        (TestClient juliet, _) = await host.LoginAsync("juliet", "asking");
        (TestClient romeo, _) = await host.LoginAsync("romeo", "asking");
        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribe'/>");
        await juliet.FenceByIqAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribed'/><presence to='juliet@localhost' type='subscribe'/>");
        await romeo.FenceByIqAsync();
        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribed'/>");
        await juliet.FenceByIqAsync();
        foreach (TestClient client in new[] { juliet, romeo })
        {
            await client.SendAsync("</stream:stream>");
            await client.ReadToAsync("</stream:stream>");
        }
        await host.EndedAsync();
    }

    /// <summary>Resumes on a new line; the answer, and nothing behind it.</summary>
    public static async Task<(TestClient Client, string Answer)> ResumeAsync(this StreamHost host, string user, string id, uint h, PipePair? pipes = null)
    {
        TestClient client = await host.AuthenticateAsync(user, pipes);
        return (client, await client.ResumeAsync(id, h));
    }

    public static async Task<string> ResumeAsync(this TestClient client, string id, uint h)
    {
        await client.SendAsync($"<resume {Sm} previd='{id}' h='{h}'/>");
        string answer = await client.ReadToAsync(">");
        return answer.StartsWith("<failed", StringComparison.Ordinal) ? answer + await client.ReadToAsync("</failed>") : answer;
    }

    /// <summary>The session with this full JID, or null.</summary>
    public static ClientSession? Session(this StreamHost host, string jid)
    {
        Jid full = Jid.Parse(jid);
        return host.Get<Presentities>().TryFind(full.Bare, out Presentity? presentity) ? presentity.FindSession(full.Resource!) : null;
    }

    /// <summary>Cuts the line and waits until the server has noticed.</summary>
    public static Task LoseAsync(this StreamHost host, PipePair line)
    {
        line.HangUp();
        return host.EndedAsync(line);
    }

    /// <summary>Waits until there is no such session any more; fails when it stays.</summary>
    public static Task EndedAsync(this StreamHost host, string jid) => (host.Session(jid)?.WhenEndedAsync() ?? Task.CompletedTask).WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The ids of the messages in what was read.</summary>
    public static string[] Ids(string read) => [.. System.Text.RegularExpressions.Regex.Matches(read, "<message [^>]*?\\bid='([^']*)'").Select(static match => match.Groups[1].Value)];

    public static string? Attribute(string tag, string name)
    {
        int at = tag.IndexOf($" {name}='", StringComparison.Ordinal);
        return at < 0 ? null : tag[(at + name.Length + 3)..tag.IndexOf('\'', at + name.Length + 3)];
    }
}
