using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Delivery;

/// <summary>Juliet has delivery rules; Romeo is at the same server, Tybalt elsewhere.</summary>
public abstract class DeliveryFixture : RemoteFixture
{
    protected const string Ns = "urn:x-presencexml:delivery:0";
    protected const string Juliet = Play.Juliet;
    protected const string Romeo = Play.Romeo;

    private int sets;

    [SetUp]
    public Task AddAccountsAsync() => Server.AddAccountsAsync(Juliet, Romeo, "nurse@localhost");

    /// <summary>Sets the rules of an account from a session of its own, whatever they were.</summary>
    protected async Task SetAsync(string rules, string account = Juliet)
    {
        await using TestClient client = await Server.ConnectAsync(account + "/rules");
        Element now = await client.AskAsync($"<iq type='get' id='g{++sets}'><delivery xmlns='{Ns}'/></iq>");
        Element done = await client.AskAsync($"<iq type='set' id='s{sets}'><delivery xmlns='{Ns}' ver='{now.Children.Single()["ver"]}'>{rules}</delivery></iq>");
        Assert.That(done["type"], Is.EqualTo("result"), done.ToString());
    }

    /// <summary>One rule without tests.</summary>
    protected static string Rule(string inside, string name = "r") => $"<rule name='{name}'>{inside}</rule>";

    /// <summary>The log of an account, oldest first.</summary>
    protected async Task<LogEntry[]> LogAsync(string account)
    {
        // What was handed to the store before this is there afterwards.
        await Server.Engine.Commit(new StorageBatch());
        return [.. await Server.Get<InboxStore>().ReadAsync(Jid.Parse(account), new LogQuery())];
    }

    /// <summary>What rules wanted done beside the delivery is done.</summary>
    protected Task IdleAsync() => Server.Get<DeliveryErrands>().IdleAsync();
}
