namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>
/// D6, docs/protocol/no-disclosure.md: whatever an account is like, a stranger is told the same of it, byte for byte, on every path that
/// there is (<see cref="WatcherPath"/>); also what he keeps of it himself, in his roster and his archive, is the same.
/// </summary>
[CancelAfter(120_000)]
[Property("Spec", "D-07,D-08,D-09,ND-1,ND-2,ND-3,ND-4,ND-5,ND-9")]
public sealed class StrangerTranscriptTests
{
    private static IEnumerable<Presented> States => Enum.GetValues<Presented>();

    [Test]
    public async Task On_every_path_all_states_of_an_account_look_as_if_there_were_none()
    {
        await using DisclosureScene scene = await DisclosureScene.BeginAsync();
        Dictionary<Presented, string> names = [];
        foreach (Presented state in States)
            names[state] = await scene.PrepareAsync(state);
        Speaker romeo = await scene.EnterAsync("romeo", "street");
        await romeo.SayAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        List<string> differences = [];
        foreach (WatcherPath path in WatcherPath.All)
        {
            string? expected = null;
            foreach (Presented state in States)
            {
                string told = Transcript.Of(await romeo.SayAsync(WatcherPath.Addressed(path.Xml, names[state])), names[state]);
                expected ??= told;
                if (told != expected && !path.IsExcepted(state))
                    differences.Add($"{path}, {state}: {told}\n   but {States.First()}: {expected}");
            }
        }
        Assert.That(differences, Is.Empty);
    }

    /// <summary>In one go, with all that is left behind: order, and what the paths do to each other.</summary>
    [Test]
    public async Task A_whole_visit_leaves_the_same_transcript_roster_and_archive([Values] Presented state)
    {
        if (state == Presented.Absent)
            return;
        bool asks = !WatcherPath.DecidesRequests(state);
        string expected = await VisitAsync(Presented.Absent, asks), told = await VisitAsync(state, asks);
        Assert.That(told, Is.EqualTo(expected));
        Assert.That(expected, Does.Contain("Good e'en").Or.Contain("Good e&apos;en"), "the archive was looked at");
    }

    /// <summary>What a stranger does not know he cannot be told by time either: nobody else's presence or messages are moved by his asking.</summary>
    [Test]
    public async Task Who_is_asked_about_hears_of_it_only_what_was_sent_to_be_heard()
    {
        await using DisclosureScene scene = await DisclosureScene.BeginAsync();
        Speaker romeo = await scene.EnterAsync("romeo", "street"), juliet = await scene.EnterAsync("juliet", DisclosureScene.Resource);
        foreach (WatcherPath path in WatcherPath.All.Where(static path => path.Xml.StartsWith("<iq", StringComparison.Ordinal) || path.Name.StartsWith("probe", StringComparison.Ordinal)))
            await romeo.SayAsync(WatcherPath.Addressed(path.Xml, "juliet"));
        // An answer is the one kind of iq that passes (RFC 6121 §8.5.3.1), to the resource that is there.
        Assert.That(await juliet.SayAsync(""), Does.Not.Contain("type='get'").And.Not.Contain("type='set'").And.Not.Contain("probe"));
    }

    private static async Task<string> VisitAsync(Presented state, bool asks)
    {
        await using DisclosureScene scene = await DisclosureScene.BeginAsync();
        string name = await scene.PrepareAsync(state);
        Speaker romeo = await scene.EnterAsync("romeo", "street");
        string told = await romeo.SayAsync("<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>");
        foreach (WatcherPath path in WatcherPath.All.Where(path => !path.ReachesResource && (asks || !path.IsRequest)))
            told += await romeo.SayAsync(WatcherPath.Addressed(path.Xml, name));
        if (asks)
            told += await romeo.SayAsync($"<presence to='{name}@localhost' type='subscribe' id='s9'/>");
        told += await romeo.SayAsync("<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq><iq type='set' id='a1'><query xmlns='urn:xmpp:mam:2'/></iq>");
        Speaker again = await scene.EnterAsync("romeo", "home");
        told += await again.SayAsync("<iq type='get' id='r3'><query xmlns='jabber:iq:roster'/></iq>");
        return Transcript.Of(told, name);
    }
}
