using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Tests.Modules.Archive;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Inbox;

/// <summary>Juliet has an inbox; Romeo writes to her.</summary>
public abstract class InboxFixture : FaultyFixture
{
    protected const string Ns = "urn:x-presencexml:inbox:0";
    protected const string Archive = "urn:xmpp:mam:2";

    private int asked;

    protected TestClient Romeo { get; private set; } = null!;

    /// <summary>Takes no messages until she says so.</summary>
    protected TestClient Juliet { get; private set; } = null!;

    protected static Jid Owner => Jid.Parse(Play.Juliet);

    [SetUp]
    public async Task AddAccountsAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        Romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await ConnectAsync();
    }

    /// <summary>Juliet comes, and takes no messages.</summary>
    protected async Task ConnectAsync() => Juliet = await Server.ConnectAsync("juliet@localhost/balcony");

    /// <summary>Romeo writes these, a second between each and the next.</summary>
    protected async Task SayAsync(params string[] bodies)
    {
        foreach (string body in bodies)
        {
            await Romeo.SendAsync($"<message to='{Play.Juliet}' type='chat' id='{body}'><body>{body}</body></message>");
            Server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await Romeo.ExpectNothingAsync();
    }

    /// <summary>These lie in a box since a rule put them there.</summary>
    protected async Task FileAsync(string box, params string[] bodies)
    {
        var batch = new StorageBatch();
        foreach (string body in bodies)
            Server.Append(batch, Play.Juliet, "spam@example.org/x", false, Server.Clock.GetUtcNow(), body, box: box);
        await Server.Engine.Commit(batch);
    }

    /// <summary>Her log, oldest first.</summary>
    protected async Task<LogEntry[]> LogAsync(string? box = null)
    {
        await Server.Engine.Commit(new StorageBatch());
        return [.. await Server.Get<InboxStore>().ReadAsync(Owner, new LogQuery { Box = box, Limit = 1000 })];
    }

    /// <summary>The bodies of what lies in a box.</summary>
    protected async Task<string?[]> BodiesAsync(string? box = null) =>
        [.. (await LogAsync(box)).Select(static entry => Protocol.Stanzas.StanzaReader.ReadCanonical(entry.Content).Content.Text("body"))];

    /// <summary>The id of a message of hers, by its body.</summary>
    protected async Task<string> IdAsync(string body)
    {
        LogEntry[] log = await LogAsync();
        return Server.Get<InboxStore>().StanzaId(Owner, log.Single(entry => Protocol.Stanzas.StanzaReader.ReadCanonical(entry.Content).Content.Text("body") == body).Sequence);
    }

    /// <summary>Items of these messages, by their bodies.</summary>
    protected async Task<string> ItemsAsync(params string[] bodies)
    {
        string items = "";
        foreach (string body in bodies)
            items += $"<item id='{await IdAsync(body)}'/>";
        return items;
    }

    /// <summary>Asks the own account; returns the whole answer.</summary>
    protected Task<Element> AskAsync(string payload, string type = "set", TestClient? client = null)
    {
        int end = payload.IndexOfAny([' ', '/', '>']);
        return (client ?? Juliet).AskAsync($"<iq type='{type}' id='a{++asked}'>{payload.Insert(end, $" xmlns='{Ns}'")}</iq>");
    }

    protected async Task<Element> GetAsync(string payload, TestClient? client = null)
    {
        Element answer = await AskAsync(payload, "get", client);
        answer.ShouldBeResult();
        return answer.Children.Single();
    }

    protected async Task<Element> SetAsync(string payload, TestClient? client = null)
    {
        Element answer = await AskAsync(payload, "set", client);
        answer.ShouldBeResult();
        return answer.Children.Single();
    }

    /// <summary>What is told of a box.</summary>
    protected async Task<Element> BoxAsync(string name) =>
        (await GetAsync("<boxes/>")).Children.Single(child => child.LocalName == "box" && child["name"] == name);

    /// <summary>The ids of a page.</summary>
    protected static string[] Ids(Element page) => [.. page.Children.Where(static child => child.LocalName == "item").Select(static item => item["id"]!)];
}
