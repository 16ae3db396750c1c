namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>
/// RFC 2779 §5.1.15: who is blocked politely is told, on every path and in every byte, what he would be told if the account had gone off at that
/// moment and stayed off. Both subscribers see the account come, and go at the same time; only in one scene it really goes.
/// </summary>
[CancelAfter(120_000)]
public sealed class SubscriberTranscriptTests
{
    private const string Name = "state00";

    /// <summary>What the account does while its subscriber thinks that it is off.</summary>
    private static readonly string[] Doings = ["<presence><show>dnd</show></presence>", "<presence type='unavailable'/>", "<presence><status>here again</status></presence>", "<presence><priority>-1</priority></presence>", DisclosureScene.Holiday];

    [Test]
    public async Task Politely_blocked_is_offline_on_every_path()
    {
        IReadOnlyList<string> gone = await SceneAsync(isGone: true), blocked = await SceneAsync(isGone: false);
        List<string> differences = [];
        for (int i = 0; i < gone.Count; i++)
        {
            if (gone[i] != blocked[i])
                differences.Add($"blocked: {blocked[i]}\n   offline: {gone[i]}");
        }
        Assert.That(differences, Is.Empty);
        Assert.That(string.Concat(gone), Does.Contain("type='unavailable'").And.Contain("jabber:iq:last"), "he asked and was answered");
    }

    /// <summary>What was told, path by path.</summary>
    private static async Task<IReadOnlyList<string>> SceneAsync(bool isGone)
    {
        await using DisclosureScene scene = await DisclosureScene.BeginAsync();
        await scene.AddAsync(Name);
        await scene.BefriendAsync(Name, "romeo");
        Speaker romeo = await scene.EnterAsync("romeo", "street");
        await romeo.SayAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Speaker account = await scene.EnterAsync(Name, DisclosureScene.Resource, "<presence><show>away</show><status>in the garden</status></presence>");
        List<string> told = [await romeo.SayAsync("")];
        Speaker? elsewhere = null;
        if (isGone)
            await DisclosureScene.LeaveAsync(account);
        else
            await scene.RuleAsync(elsewhere = account, "polite-block");
        told.Add(await romeo.SayAsync(""));
        foreach (string doing in Doings)
        {
            if (elsewhere is not null)
                await elsewhere.SayAsync(doing);
            told.Add($"while it says {doing}: {await romeo.SayAsync("")}");
        }
        foreach (WatcherPath path in WatcherPath.All.Where(static path => !path.Xml.Contains("subscribe", StringComparison.Ordinal)))
            told.Add($"{path}: {await romeo.SayAsync(WatcherPath.Addressed(path.Xml, Name))}");
        // And as a new resource of his sees it.
        Speaker again = await scene.EnterAsync("romeo", "home", "");
        told.Add($"a new resource: {await again.SayAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>")}");
        return [.. told.Select(static text => Transcript.Of(text, Name))];
    }
}
