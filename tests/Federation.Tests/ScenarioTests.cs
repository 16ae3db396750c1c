using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests;

/// <summary>
/// What people do with each other whose accounts are on different servers, with each pair of servers and each way of proving. That the pairs
/// without our own server pass shows that what is asked is what others do.
/// </summary>
[TestFixture]
[Interop(ProsodyPeer.Program, EjabberdPeer.Program, EjabberdPeer.Scripts, Network.Nameserver.Program)]
public sealed class ScenarioTests
{
    public static IEnumerable<TestCaseData> Pairs()
    {
        (PeerKind One, PeerKind Two)[] pairs =
        [
            (PeerKind.Prosody, PeerKind.Ejabberd), (PeerKind.Ejabberd, PeerKind.Prosody),
            (PeerKind.Own, PeerKind.Own),
            (PeerKind.Own, PeerKind.Prosody), (PeerKind.Prosody, PeerKind.Own),
            (PeerKind.Own, PeerKind.Ejabberd), (PeerKind.Ejabberd, PeerKind.Own),
        ];
        foreach (Proving proving in Enum.GetValues<Proving>())
            foreach ((PeerKind one, PeerKind two) in pairs.Where(pair => proving != Proving.Bidi || (pair.One != PeerKind.Ejabberd && pair.Two != PeerKind.Ejabberd)))
                yield return Case(one, two, proving);
        // ejabberd has no bidi: without this pair nobody but us would have shown that the test can pass.
        yield return Case(PeerKind.Prosody, PeerKind.Prosody, Proving.Bidi);
    }

    [TestCaseSource(nameof(Pairs))]
    [Property("Spec", "DT-1")]
    [Property("Spec", "S-20")]
    [Property("Spec", "BD-1")]
    public async Task Users_of_two_servers_do_all_that_users_of_one_do(PeerKind one, PeerKind two, Proving proving)
    {
        await using Encounter encounter = await Encounter.StartAsync(one, two, proving, cuttable: proving == Proving.Bidi);
        await using PeerUser alice = await encounter.AliceAsync();
        PeerUser bob = await encounter.BobAsync();

        await SubscribeAsync(alice, bob);
        await SubscribeAsync(bob, alice);

        await ChangePresenceAsync(alice, bob, "away", "out for tea");
        await ChangePresenceAsync(bob, alice, "dnd", "writing");

        await WriteAsync(alice, bob, bob.Full);
        await WriteAsync(bob, alice, alice.Bare);

        await RequestAsync(alice, bob, "two.test");
        await RequestAsync(bob, alice, "one.test");

        // Offline, and at the login after that.
        await bob.LogoutAsync();
        await alice.ExpectAsync("bob is gone", next => IsPresence(next, bob.Full, "unavailable"));
        await alice.SendAsync($"<message to='{bob.Bare}' type='chat' id='late'><body>while you were away</body></message>");
        await alice.AskAsync("two.test", "get", "<ping xmlns='urn:xmpp:ping'/>"); // its answer is behind the message
        await using PeerUser again = await encounter.BobAsync();
        Element late = await again.ExpectAsync("the message that waited", static next => next.LocalName == "message" && next["id"] == "late");
        Assert.That(late.Child("urn:xmpp:delay", "delay"), Is.Not.Null, "what waited tells since when");
        await again.ExpectAsync("alice's presence, asked for at the login", next => IsPresence(next, alice.Full, null) && Show(next) == "away");
        await alice.ExpectAsync("bob is back", next => IsPresence(next, again.Full, null));

        await UnsubscribeAsync(alice, again, two);
        await UnsubscribeAsync(again, alice, one);

        await ExpectProofsAsync(encounter);
        Assert.Multiple(() =>
        {
            Assert.That(alice.Waiting.Where(static next => next["type"] == "error"), Is.Empty);
            Assert.That(again.Waiting.Where(static next => next["type"] == "error"), Is.Empty);
        });
        encounter.EndWell();
    }

    // In both logs, of the streams in both directions; of a stream that is used in both there is but one.
    private static async Task ExpectProofsAsync(Encounter encounter)
    {
        (PeerServer one, PeerServer two) = (encounter.One, encounter.Two);
        // Alice wrote first.
        await one.ExpectProofAsync(two, StreamDirection.Outbound);
        await two.ExpectProofAsync(one, StreamDirection.Inbound);
        if (one.Plan.Proving == Proving.Bidi)
        {
            Assert.That(encounter.Network.Lines.Select(static line => line.Connections), Is.EqualTo(new[] { 0, 1 }), "connections to the one and the other");
            return;
        }
        // Ours asks for both directions wherever the other offers it.
        if (one.Kind == PeerKind.Own && two.Kind == PeerKind.Own) return;
        await two.ExpectProofAsync(one, StreamDirection.Outbound);
        await one.ExpectProofAsync(two, StreamDirection.Inbound);
    }

    // RFC 6121 §3.1: the watcher asks, the presentity allows and its presence comes.
    private static async Task SubscribeAsync(PeerUser watcher, PeerUser presentity)
    {
        await watcher.SendAsync($"<presence to='{presentity.Bare}' type='subscribe'/>");
        await presentity.ExpectAsync("the request", next => IsPresence(next, watcher.Bare, "subscribe"));
        await presentity.SendAsync($"<presence to='{watcher.Bare}' type='subscribed'/>");
        await watcher.ExpectAsync("the approval", next => IsPresence(next, presentity.Bare, "subscribed"));
        await watcher.ExpectAsync("the presence", next => IsPresence(next, presentity.Full, null));
    }

    private static async Task ChangePresenceAsync(PeerUser presentity, PeerUser watcher, string show, string status)
    {
        await presentity.SendAsync($"<presence><show>{show}</show><status>{status}</status></presence>");
        Element seen = await watcher.ExpectAsync($"{show} of {presentity.Full}", next => IsPresence(next, presentity.Full, null) && Show(next) == show);
        Assert.That(seen.Child("jabber:client", "status")?.Text, Is.EqualTo(status));
    }

    private static async Task WriteAsync(PeerUser from, PeerUser to, string address)
    {
        await from.SendAsync($"<message to='{address}' type='chat' id='m1'><body>héllo &amp; 你好</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
        Element message = await to.ExpectAsync("the message", next => next.LocalName == "message" && next["from"] == from.Full);
        Assert.Multiple(() =>
        {
            Assert.That(message["id"], Is.EqualTo("m1"));
            Assert.That(message.Child("jabber:client", "body")?.Text, Is.EqualTo("héllo & 你好"));
            Assert.That(message.Child("http://jabber.org/protocol/chatstates", "active"), Is.Not.Null);
        });
    }

    private static async Task RequestAsync(PeerUser asks, PeerUser answers, string domain)
    {
        Task<Element> asked = asks.AskAsync(answers.Full, "get", "<query xmlns='urn:example:weather'/>");
        Element request = await answers.ExpectAsync("the request", next => next.LocalName == "iq" && next["from"] == asks.Full && next["type"] == "get");
        await answers.SendAsync($"<iq type='result' to='{asks.Full}' id='{request["id"]}'><query xmlns='urn:example:weather'>fair</query></iq>");
        Element answer = await asked;
        Assert.That(answer.Child("urn:example:weather", "query")?.Text, Is.EqualTo("fair"));

        Element ping = await asks.AskAsync(domain, "get", "<ping xmlns='urn:xmpp:ping'/>");
        Assert.That(ping["type"], Is.EqualTo("result"), ping.ToString());
        Element version = await asks.AskAsync(domain, "get", "<query xmlns='jabber:iq:version'/>");
        Assert.That(version.Child("jabber:iq:version", "query")?.Child("jabber:iq:version", "name")?.Text, Is.Not.Empty, version.ToString());
        const string Disco = "http://jabber.org/protocol/disco#info";
        Element info = await asks.AskAsync(domain, "get", $"<query xmlns='{Disco}'/>");
        Assert.That(info.Child(Disco, "query")?.Child(Disco, "identity")?["category"], Is.EqualTo("server"), info.ToString());
        Element absent = await asks.AskAsync($"{answers.Bare}/absent", "get", "<ping xmlns='urn:xmpp:ping'/>");
        Assert.That(absent["type"], Is.EqualTo("error"), absent.ToString());
    }

    // RFC 6121 §3.3.
    private static async Task UnsubscribeAsync(PeerUser watcher, PeerUser presentity, PeerKind server)
    {
        await watcher.SendAsync($"<presence to='{presentity.Bare}' type='unsubscribe'/>");
        await presentity.ExpectAsync("the end of the subscription", next => IsPresence(next, watcher.Bare, "unsubscribe"));
        // §3.3.3. Prosody sends it from the bare address, or not at all.
        if (server != PeerKind.Prosody) await watcher.ExpectAsync("unavailable", next => IsPresence(next, presentity.Full, "unavailable"));
    }

    private static bool IsPresence(Element next, string from, string? type) => next.LocalName == "presence" && next["from"] == from && next["type"] == type;

    private static string? Show(Element presence) => presence.Child("jabber:client", "show")?.Text;

    private static TestCaseData Case(PeerKind one, PeerKind two, Proving proving)
    {
        TestCaseData data = new TestCaseData(one, two, proving).SetArgDisplayNames($"{one}", $"{two}", $"{proving}");
        if (one == PeerKind.Own || two == PeerKind.Own) data.SetCategory("Own");
        return data;
    }
}
