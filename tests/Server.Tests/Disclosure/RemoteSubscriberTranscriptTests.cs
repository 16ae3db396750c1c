using PresenceXml.Protocol.Xml;
using Client = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>As <see cref="SubscriberTranscriptTests"/>, for a subscriber at another server: one account goes off, another one blocks him politely at that moment.</summary>
public sealed class RemoteSubscriberTranscriptTests : RemoteFixture
{
    private const string Gone = "state01", Blocking = "state02";

    private static readonly string[] Doings = ["<presence><show>dnd</show></presence>", "<presence type='unavailable'/>", "<presence><status>here again</status></presence>", DisclosureScene.Holiday];

    [Test]
    public async Task Politely_blocked_is_offline_on_every_path()
    {
        await Server.AddAccountsAsync(Gone + "@localhost", Blocking + "@localhost");
        Client gone = await MeetAsync(Gone), blocking = await MeetAsync(Blocking);
        await gone.DisconnectAsync();
        string expected = Told(Gone);
        Assert.That((await blocking.AskAsync(DisclosureScene.Rule("polite-block", Tybalt)))["type"], Is.EqualTo("result"));
        Assert.That(Told(Blocking), Is.EqualTo(expected).And.Contain("unavailable"));
        foreach (string doing in Doings)
        {
            await blocking.SendAsync(doing);
            Assert.That(Told(Blocking), Is.Empty, doing);
        }
        List<string> differences = [];
        foreach (WatcherPath path in WatcherPath.All.Where(static path => !path.Xml.Contains("subscribe", StringComparison.Ordinal)))
        {
            await Remote.SendAsync(RemoteTranscriptTests.From(path, Gone));
            expected = Told(Gone);
            await Remote.SendAsync(RemoteTranscriptTests.From(path, Blocking));
            if (Told(Blocking) is { } told && told != expected)
                differences.Add($"{path}: blocked: {told}\n   offline: {expected}");
        }
        Assert.That(differences, Is.Empty);
    }

    private async Task<Client> MeetAsync(string name)
    {
        // He watches the account, and it does not watch him: who comes online asks his contacts' servers for theirs, and is seen to.
        await using (Client granting = await Server.ConnectAsync(name + "@localhost/granting"))
        {
            await Remote.SendAsync($"<presence from='{Tybalt}' to='{name}@localhost' type='subscribe'/>");
            await granting.SendAsync($"<presence to='{Tybalt}' type='subscribed'/>");
        }
        Client client = await LoginAsync($"{name}@localhost/{DisclosureScene.Resource}", "<presence><show>away</show></presence>");
        return client;
    }

    private string Told(string name) => Transcript.Of(string.Join('\n', (IEnumerable<Element>)Remote.Drain()), name);
}
