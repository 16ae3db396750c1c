using PresenceXml.Server.Federation;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Streams.Servers.ScriptedServer;
using User = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>What becomes of stanzas and sessions when lines between servers are lost, with a peer that says about it what the test wants (XEP-0198 §5, XEP-0199).</summary>
[CancelAfter(60_000)]
public sealed class LostStreamTests
{
    private const string Sm = "urn:xmpp:sm:3";
    private const string Dialback = "<dialback xmlns='urn:xmpp:features:dialback'/>";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<Func<TestClient, Task>> plays = [];
    private ServerNet net = null!;
    private TestServer here = null!;
    private User juliet = null!;
    private int connections;

    [SetUp]
    public async Task Begin()
    {
        net = new ServerNet();
        plays.Clear();
        connections = 0;
        here = await net.AddAsync("here.example", net.Proving("here.example"), null, "juliet");
        juliet = await here.LoginAsync("juliet@here.example/x");
        // Each connection has a play of its own.
        net.Script("good.example", peer => plays[connections++](peer));
    }

    [TearDown]
    public async Task End() => await net.DisposeAsync();

    private async Task AcceptAsync(TestClient peer, string features = "")
    {
        await peer.AcceptAsync("good.example", net.Proving("good.example"), Dialback + features);
        await peer.ReadToAsync("</db:result>");
        await peer.SendAsync("<db:result from='good.example' to='here.example' type='valid'/>");
    }

    private Task SendAsync(string id) => juliet.SendAsync($"<message to='romeo@good.example' id='{id}' type='chat'><body>{id}</body></message>");

    /// <summary>On the first connection three are taken and none acknowledged; it is cut, and the second play begins.</summary>
    private async Task LoseAsync(Func<TestClient, string, Task> then)
    {
        var taken = new TaskCompletionSource();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        plays.Add(async peer =>
        {
            await AcceptAsync(peer, $"<sm xmlns='{Sm}'/>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync($"<enabled xmlns='{Sm}' id='the first' resume='true'/>");
            await peer.ReadToAsync("<body>3</body></message>");
            taken.SetResult();
        });
        plays.Add(async peer =>
        {
            try
            {
                await AcceptAsync(peer, $"<sm xmlns='{Sm}'/>");
                await then(peer, await peer.ReadToAsync("/>"));
                done.SetResult();
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        });
        for (int i = 1; i <= 3; i++) await SendAsync($"{i}");
        await taken.Task.WaitAsync(Patience);
        net.CutAll();
        await net.PassAsync(done.Task);
    }

    [Test, Property("Spec", "SM-4")]
    public async Task What_a_peer_that_cannot_resume_says_it_has_got_is_not_sent_again()
    {
        await LoseAsync(static async (peer, resume) =>
        {
            Assert.That(resume, Is.EqualTo($"<resume xmlns='{Sm}' h='0' previd='the first'/>").Or.EqualTo($"<resume xmlns='{Sm}' previd='the first' h='0'/>"));
            await peer.SendAsync($"<failed xmlns='{Sm}' h='2'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync($"<enabled xmlns='{Sm}'/>");
            string again = await peer.ReadToAsync("</message>");
            Assert.That(again, Does.Contain("<body>3</body>").And.Not.Contain("<body>2</body>"));
        });
        await juliet.ExpectNothingAsync();
    }

    [TestCase(""), TestCase(" h='4'"), TestCase(" h='x'"), TestCase(" h='-1'"), Property("Spec", "SM-4")]
    public async Task Where_nobody_can_say_what_arrived_the_senders_are_told_so_and_nothing_comes_twice(string h)
    {
        await LoseAsync(async (peer, _) =>
        {
            await peer.SendAsync($"<failed xmlns='{Sm}'{h}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync($"<enabled xmlns='{Sm}'/>");
        });
        for (int i = 1; i <= 3; i++) Assert.That((await juliet.NextAsync("an error")).ToString(), Does.Contain($"id='{i}'").And.Contain("may or may not have arrived"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_peer_that_resumes_with_what_it_was_never_sent_is_not_believed()
    {
        await LoseAsync(static async (peer, _) =>
        {
            await peer.SendAsync($"<resumed xmlns='{Sm}' previd='the first' h='4'/>");
            await peer.ReadToEndAsync();
        });
        Assert.That(here.Get<RemoteDomains>().Describe().Single().Counts.Confirmed, Is.Zero);
    }

    [Test, Property("Spec", "SM-4")]
    public async Task Who_acknowledges_what_it_was_never_sent_is_told_so()
    {
        var end = new TaskCompletionSource<string>();
        plays.Add(async peer =>
        {
            await AcceptAsync(peer, $"<sm xmlns='{Sm}'/>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync($"<enabled xmlns='{Sm}'/>");
            await peer.ReadToAsync("</message>");
            await peer.SendAsync($"<a xmlns='{Sm}' h='2'/>");
            end.SetResult(await peer.ReadToAsync("</stream:stream>"));
        });
        await SendAsync("1");
        Assert.That(await end.Task.WaitAsync(Patience), Does.Contain("<handled-count-too-high xmlns='urn:xmpp:sm:3' h='2' send-count='1'/>"));
    }

    /// <summary>A stream of a proven server with stream management, and its name.</summary>
    private async Task<(TestClient Peer, string Id, Task Ended)> ManagedAsync(string domain)
    {
        TestClient peer = net.Connect("here.example", out Task ended);
        await peer.ProveAsync(domain, "here.example", net.Proving(domain));
        await peer.SendAsync($"<enable xmlns='{Sm}' resume='true'/>");
        return (peer, Attribute(await peer.ReadToAsync("/>"), "id"), ended);
    }

    private async Task<string> ResumeAsync(string domain, string id)
    {
        TestClient peer = net.Connect("here.example");
        await peer.ProveAsync(domain, "here.example", net.Proving(domain));
        await peer.SendAsync($"<resume xmlns='{Sm}' previd='{id}' h='0'/><enable xmlns='{Sm}'/>");
        return await peer.ReadToAsync("<enabled ") is var answer && answer.Contains("<failed ", StringComparison.Ordinal) ? answer : "";
    }

    [Test, Property("Spec", "SM-4")]
    public async Task A_stream_is_resumed_by_the_server_it_was_of_and_by_nobody_else()
    {
        (TestClient peer, string id, _) = await ManagedAsync("good.example");
        await peer.SendAsync("<message from='romeo@good.example' to='juliet@here.example/x' id='m' type='chat'><body>hi</body></message>");
        await juliet.ExpectAsync("<message from='romeo@good.example' to='juliet@here.example/x' id='m' type='chat'><body>hi</body></message>");
        Assert.That(await ResumeAsync("evil.example", id), Does.Contain("<item-not-found"));
        // Its line was not cut for that either.
        await peer.SendAsync($"<r xmlns='{Sm}'/>");
        Assert.That(await peer.ReadToAsync("/>"), Is.EqualTo($"<a xmlns='{Sm}' h='1'/>"));
        TestClient again = net.Connect("here.example");
        await again.ProveAsync("good.example", "here.example", net.Proving("good.example"));
        await again.SendAsync($"<resume xmlns='{Sm}' previd='{id}' h='0'/>");
        Assert.That(await again.ReadToAsync("/>"), Is.EqualTo($"<resumed xmlns='{Sm}' h='1' previd='{id}'/>").Or.EqualTo($"<resumed xmlns='{Sm}' previd='{id}' h='1'/>"));
    }

    [Test, Property("Spec", "SM-4")]
    public async Task After_its_time_it_cannot_be_resumed([Values] bool isInTime)
    {
        (TestClient peer, string id, Task ended) = await ManagedAsync("good.example");
        var sessions = here.Get<Server.Streams.Servers.InboundSessions>();
        await peer.DisposeAsync();
        await ended.WaitAsync(Patience);
        net.Time.Advance(TimeSpan.FromSeconds(sessions.Seconds + (isInTime ? -10 : 10)));
        Assert.That(sessions.Waiting, Is.EqualTo(isInTime ? 1 : 0));
        TestClient again = net.Connect("here.example");
        await again.ProveAsync("good.example", "here.example", net.Proving("good.example"));
        await again.SendAsync($"<resume xmlns='{Sm}' previd='{id}' h='0'/>");
        Assert.That(await again.ReadToAsync(">"), Does.StartWith(isInTime ? "<resumed " : "<failed "));
    }

    /// <summary>A peer without stream management has taken a message and the ping behind it, whose id this is; then its line is cut when the test says.</summary>
    private async Task<string> PingedAsync()
    {
        var pinged = new TaskCompletionSource<string>();
        plays.Add(async peer =>
        {
            await AcceptAsync(peer);
            string all = await peer.ReadToAsync("<ping xmlns='urn:xmpp:ping'/></iq>");
            pinged.SetResult(all[all.IndexOf("<iq ", StringComparison.Ordinal)..]);
        });
        await SendAsync("1");
        string ping = await pinged.Task.WaitAsync(Patience);
        Assert.That(ping, Does.Contain("from='here.example'").And.Contain("to='good.example'").And.Contain("type='get'"));
        return Attribute(ping, "id");
    }

    [TestCase("good.example", "<iq from='good.example' to='here.example' type='result' id='#'/>", true)]
    [TestCase("good.example", "<iq from='good.example' to='here.example' type='error' id='#'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", true)]
    [TestCase("good.example", "<iq from='romeo@good.example' to='here.example' type='result' id='#'/>", false)]
    [TestCase("good.example", "<iq from='good.example' to='juliet@here.example' type='result' id='#'/>", false)]
    [TestCase("good.example", "<iq from='good.example' to='here.example' type='result' id='fence-000000000000000000000000'/>", false)]
    [TestCase("good.example", "<iq from='good.example' to='here.example' type='set' id='#'><x xmlns='urn:x'/></iq>", false)]
    [TestCase("evil.example", "<iq from='evil.example' to='here.example' type='result' id='#'/>", false)]
    public async Task Without_stream_management_the_answer_to_a_ping_says_what_arrived(string domain, string answer, bool isConfirmed)
    {
        string id = await PingedAsync();
        TestClient peer = net.Connect("here.example");
        await peer.ProveAsync(domain, "here.example", net.Proving(domain));
        await peer.SendAsync(answer.Replace("#", id, StringComparison.Ordinal) + $"<message from='a@{domain}' to='juliet@here.example/x' id='behind' type='chat'><body>x</body></message>");
        await juliet.ExpectAsync($"<message from='a@{domain}' to='juliet@here.example/x' id='behind' type='chat'><body>x</body></message>");
        Assert.That(here.Get<RemoteDomains>().Describe().Single(static link => link.Pair.Remote == "good.example").Unconfirmed, isConfirmed ? Is.Zero : Is.Positive);
        if (isConfirmed) return;
        net.CutAll();
        Assert.That((await juliet.NextAsync("an error")).ToString(), Does.Contain("id='1'").And.Contain("may or may not have arrived"));
    }

    [Test]
    public async Task One_that_answers_no_ping_is_given_up_and_the_senders_are_told()
    {
        await PingedAsync();
        net.Time.Advance(TimeSpan.FromSeconds((4 * new Server.Configuration.StreamManagementOptions().AckSeconds) + 5));
        Assert.That((await juliet.NextAsync("an error")).ToString(), Does.Contain("id='1'").And.Contain("may or may not have arrived"));
        Assert.That(here.Log.Lines, Has.Some.Contains("the other side did not answer a ping"));
    }

    [Test]
    public async Task What_was_shown_on_a_stream_of_ours_is_taken_back_when_it_is_lost_for_good()
    {
        var taken = new TaskCompletionSource();
        plays.Add(async peer =>
        {
            await AcceptAsync(peer, $"<bidi xmlns='urn:xmpp:features:bidi'/><sm xmlns='{Sm}'/>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync($"<enabled xmlns='{Sm}' id='the first' resume='true'/>");
            await peer.ReadToAsync("<presence");
            await peer.SendAsync($"<a xmlns='{Sm}' h='1'/><presence from='romeo@good.example/r' to='juliet@here.example/x'/>");
            await peer.ReadToAsync("</message>");
            taken.SetResult();
        });
        await juliet.SendAsync("<presence to='romeo@good.example/r'/>");
        await juliet.ExpectAsync("<presence from='romeo@good.example/r' to='juliet@here.example/x'/>");
        // Something is to be sent still, so the link is tried.
        await SendAsync("1");
        await taken.Task.WaitAsync(Patience);
        net.IsDown = static (_, _) => true;
        net.CutAll();
        Task<Protocol.Xml.Element> next = juliet.NextAsync("what comes of it");
        await net.PassAsync(next);
        string all = $"{await next}{await juliet.NextAsync("what comes of it")}";
        Assert.That(all, Does.Contain("type='unavailable'").And.Contain("<server-unavailable/>").And.Contain("may or may not have arrived"));
    }

    [TestCase(true), TestCase(false)]
    public async Task When_we_stop_what_was_sent_arrives_or_comes_back(bool isAcknowledged)
    {
        var taken = new TaskCompletionSource();
        plays.Add(async peer =>
        {
            await AcceptAsync(peer, $"<sm xmlns='{Sm}'/>");
            await peer.ReadToAsync("<enable");
            await peer.SendAsync($"<enabled xmlns='{Sm}'/>");
            await peer.ReadToAsync("<r ");
            taken.SetResult();
            // Told now of what it has got, or not.
            await peer.ReadToAsync("<body>2</body></message>");
            if (isAcknowledged) await peer.SendAsync($"<a xmlns='{Sm}' h='2'/>");
            await peer.ReadToAsync("</stream:stream>");
        });
        await SendAsync("1");
        await taken.Task.WaitAsync(Patience);
        await SendAsync("2");
        await net.PassAsync(here.Get<RemoteDomains>().StopAsync(TimeSpan.FromSeconds(3)));
        for (int i = 1; i <= 2 && !isAcknowledged; i++) Assert.That((await juliet.NextAsync("an error")).ToString(), Does.Contain($"id='{i}'").And.Contain("type='error'"));
        await juliet.ExpectNothingAsync();
        await SendAsync("3");
        Assert.That((await juliet.NextAsync("an error")).ToString(), Does.Contain("id='3'").And.Contain("shutting down"));
    }

    [Test]
    public async Task When_we_stop_what_could_not_be_sent_comes_back()
    {
        // Silent: the link is being opened.
        var begun = new TaskCompletionSource();
        plays.Add(_ =>
        {
            begun.SetResult();
            return Task.CompletedTask;
        });
        await SendAsync("1");
        await begun.Task.WaitAsync(Patience);
        await SendAsync("2");
        await net.PassAsync(here.Get<RemoteDomains>().StopAsync(TimeSpan.FromSeconds(3)));
        for (int i = 1; i <= 2; i++) Assert.That((await juliet.NextAsync("an error")).ToString(), Does.Contain($"id='{i}'").And.Contain("shutting down"));
    }
}
