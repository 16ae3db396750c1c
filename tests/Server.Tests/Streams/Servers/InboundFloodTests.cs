using PresenceXml.Server.Federation;
using PresenceXml.Server.Streams;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Streams.Servers.ScriptedServer;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>What a server that proves nothing can make us do, learn from us, or have us write down (XEP-0220 §3, XEP-0205).</summary>
[CancelAfter(60_000)]
public sealed class InboundFloodTests
{
    private const string Auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>";
    private ServerNet net = null!;
    private TestServer here = null!;

    [SetUp]
    public async Task Begin()
    {
        net = new ServerNet();
        here = await net.AddAsync("here.example", net.Proving("here.example"), static options => options.Tls.Required = false);
    }

    [TearDown]
    public async Task End() => await net.DisposeAsync();

    private static string Claim(string domain, string key = "key") => $"<db:result from='{domain}' to='here.example'>{key}</db:result>";

    private int Logged(string text) => here.Log.Lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    [Test]
    public async Task Why_a_key_could_not_be_verified_is_told_to_us_and_not_to_who_asked()
    {
        net.Script("odd.example", static peer => peer.SendAsync("220 inside.lan ready\r\n"));
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("evil.example", "here.example");
        await peer.SendAsync(Claim("gone.example"));
        Assert.That(await peer.ReadToAsync("</db:result>"), Does.Contain("the server of that domain could not be connected to").And.Not.Contain("is down"));
        await peer.SendAsync(Claim("odd.example"));
        Assert.That(await peer.ReadToAsync("</db:result>"), Does.Contain("the server of that domain did not say whether the key is right").And.Not.Contain("XMPP"));
        Assert.That((Logged("gone.example is down"), Logged("is no XMPP")), Is.EqualTo((1, 1)));
    }

    [TestCase("<db:result from='here.example' to='here.example'>key</db:result>"), TestCase("<db:result from='good.example' to='here.example' type='valid'/>"), TestCase("<db:verify from='good.example' to='here.example' id='1' type='valid'/>"), TestCase(Auth)]
    public async Task Who_proves_nothing_again_and_again_is_sent_away_and_fills_no_log(string attempt)
    {
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("evil.example", "here.example");
        int before = here.Log.Lines.Count;
        await peer.SendAsync(string.Concat(Enumerable.Repeat(attempt, 100)));
        Assert.That(StreamError(await peer.ReadToAsync("</stream:stream>")), Is.EqualTo("policy-violation"));
        Assert.That(here.Log.Lines.Count - before, Is.LessThan(35));
    }

    [Test]
    public async Task Who_has_us_connect_in_vain_again_and_again_is_sent_away()
    {
        int attempts = 0;
        net.IsDown = (_, _) =>
        {
            attempts++;
            return true;
        };
        net.Script("evil.example", static _ => Task.CompletedTask);
        TestClient peer = net.Connect("here.example");
        await peer.SecureAsync("evil.example", "here.example");
        for (int i = 0; i < 30; i++)
        {
            await peer.SendAsync(Claim("evil.example", $"key{i}"));
            await peer.ReadToAsync("</db:result>");
        }
        Assert.That(StreamError(await peer.ReadToAsync("</stream:stream>")), Is.EqualTo("policy-violation"));
        Assert.That(attempts, Is.EqualTo(30));
    }

    [Test]
    public async Task Servers_that_never_answer_do_not_keep_those_out_that_do()
    {
        TestServer good = await net.AddAsync("good.example", net.Proving("good.example"));
        using var asked = new Signal(100);
        for (int i = 0; i < 100; i++) net.Script($"{i}.example", asked.PlayAsync);
        for (int i = 0; i < 10; i++)
        {
            net.Address = new AddressPrefix((ulong)i, false);
            TestClient evil = net.Connect("here.example");
            await evil.SecureAsync("evil.example", "here.example");
            await evil.SendAsync(string.Concat(Enumerable.Range(i * 10, 10).Select(n => Claim($"{n}.example"))));
        }
        await asked.Done;
        net.Address = new AddressPrefix(1000, false);
        TestClient peer = net.Connect("here.example");
        string id = Attribute(await peer.SecureAsync("good.example", "here.example"), "id");
        await peer.SendAsync(Claim("good.example", good.Get<DialbackKeys>().Make("here.example", "good.example", id)));
        Task<string> answer = peer.ReadToAsync(">");
        await net.PassAsync(answer);
        Assert.That(await answer, Is.EqualTo("<db:result from='here.example' to='good.example' type='valid'/>"));
    }

    [Test]
    public async Task One_address_has_so_many_keys_verified_at_a_time()
    {
        using var asked = new Signal(40);
        for (int i = 0; i < 50; i++) net.Script($"{i}.example", asked.PlayAsync);
        for (int i = 0; i < 4; i++)
        {
            TestClient peer = net.Connect("here.example");
            await peer.SecureAsync("evil.example", "here.example");
            await peer.SendAsync(string.Concat(Enumerable.Range(i * 10, 10).Select(n => Claim($"{n}.example"))));
        }
        await asked.Done;
        TestClient fifth = net.Connect("here.example");
        await fifth.SecureAsync("evil.example", "here.example");
        await fifth.SendAsync(Claim("40.example"));
        Assert.That(await fifth.ReadToAsync("</db:result>"), Does.Contain("<resource-constraint"));
        net.Address = new AddressPrefix(7, false);
        TestClient other = net.Connect("here.example");
        await other.SecureAsync("good.example", "here.example");
        using var more = new Signal(1);
        net.Script("41.example", more.PlayAsync);
        await other.SendAsync(Claim("41.example"));
        await more.Done;
    }

    [Test, Property("Spec", "T-08")]
    public async Task What_was_claimed_before_TLS_is_not_proven_behind_it()
    {
        var asked = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        net.Script("good.example", async peer =>
        {
            await peer.AcceptAsync("good.example", net.SelfSigned("good.example"));
            string question = await peer.ReadToAsync("</db:verify>");
            asked.SetResult();
            await goOn.Task;
            await peer.SendAsync($"<db:verify from='good.example' to='here.example' id='{Attribute(question, "id")}' type='valid'/>");
        });
        TestClient peer = net.Connect("here.example");
        await peer.OpenAsync(Header("good.example", "here.example"));
        await peer.SendAsync(Claim("good.example"));
        await asked.Task;
        await peer.SendAsync(ScriptedServer.StartTls);
        await peer.ReadToAsync("/>");
        await peer.HandshakeAsync("here.example");
        await peer.OpenAsync(Header("good.example", "here.example"));
        goOn.SetResult();
        Assert.That(await peer.ReadToAsync("</stream:stream>"), Does.StartWith("<db:result from='here.example' to='good.example' type='invalid'/>"));
        Assert.That(Logged("may send to"), Is.Zero);
    }

    [Test]
    public async Task What_it_says_at_its_end_fills_no_log_and_breaks_no_line()
    {
        TestClient peer = net.Connect("here.example", out Task ended);
        await peer.SecureAsync("evil.example", "here.example");
        string name = new('x', 200), text = new('x', 8000);
        await peer.SendAsync($"<stream:error><{name} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>a\nWarning b{text}</text></stream:error></stream:stream>");
        await peer.ReadToAsync("</stream:stream>");
        await net.PassAsync(ended);
        string line = here.Log.Lines.Single(static line => line.Contains("ended the stream", StringComparison.Ordinal));
        Assert.That(line, Has.Length.LessThan(700).And.Not.Contain("\n"));
    }

    [Test]
    public void What_others_say_breaks_no_line_of_a_trace_and_is_not_kept_whole()
    {
        var trace = new LinkTrace(net.Time);
        trace.Add("stream opened by a\n  0.001 s  encrypted\u202e" + new string('x', 20_000));
        Assert.That(trace.Lines.Single(), Has.Length.LessThan(1100).And.Not.Contain("\n").And.Not.Contain("\u202e"));
        var failure = new LinkFailedException(LinkStep.Tls, Protocol.Stanzas.StanzaError.RemoteServerTimeout, "said\n" + new string('x', 20_000));
        Assert.That(failure.Message, Has.Length.LessThan(1100));
        Assert.That(failure.Condition.Text, Is.EqualTo(failure.Message));
        Assert.That(failure.Message, Does.Not.Contain("\n"));
    }

    /// <summary>Done when so many silent servers were connected to.</summary>
    private sealed class Signal(int count) : IDisposable
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = count;

        public Task Done => done.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public Task PlayAsync(TestClient peer)
        {
            if (Interlocked.Decrement(ref left) == 0) done.TrySetResult();
            return Task.CompletedTask;
        }

        public void Dispose() => done.TrySetCanceled();
    }
}
