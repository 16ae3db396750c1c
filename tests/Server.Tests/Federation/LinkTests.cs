using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>What becomes of stanzas for other servers: sent in order, sent again when they are known not to have arrived, given back when they cannot be.</summary>
internal sealed class LinkTests : LinkFixture
{
    private static Task<ILinkStream> Dead(FarStream? lost, LinkTrace trace, CancellationToken cancel)
    {
        trace.Step = LinkStep.Resolve;
        throw new LinkFailedException(LinkStep.Resolve, StanzaError.RemoteServerNotFound, "two.test has no server.");
    }

    [Test]
    public async Task Stanzas_leave_in_order_over_one_stream()
    {
        foreach (string id in Numbers(0, 500))
            Assert.That(Domains.TrySend(Message(id)), Is.Null);
        await Far.UntilAsync(() => Far.Arrived.Count == 500);
        Assert.That(Far.Arrived, Is.EqualTo(Numbers(0, 500)));
        Assert.That(Far.Streams, Has.Count.EqualTo(1));
        Assert.That(Report().State, Is.EqualTo(LinkState.Open));
    }

    [Test]
    public async Task What_cannot_be_sent_goes_back_with_the_reason_and_what_is_sent_meanwhile_too()
    {
        var opening = new TaskCompletionSource<ILinkStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        Far.Open = (_, _, cancel) => opening.Task.WaitAsync(cancel);
        Domains.TrySend(Message("m"));
        Domains.TrySend(new Iq { Type = IqType.Get, From = Jid.Parse("romeo@one.test/r"), To = Jid.Parse("two.test"), Id = "q" });
        Domains.TrySend(new Subscribe { Type = SubscribeType.Subscribe, From = Jid.Parse("romeo@one.test"), To = Jid.Parse("juliet@two.test"), Id = "s" });
        Domains.TrySend(Presence(PresenceType.Available, "p"));
        // Nobody is told of these.
        Domains.TrySend(Presence(PresenceType.Unavailable, "gone"));
        Domains.TrySend(new Fetch { From = Jid.Parse("romeo@one.test"), To = Jid.Parse("juliet@two.test"), Id = "f" });
        Domains.TrySend(new Iq { Type = IqType.Result, From = Jid.Parse("one.test"), To = Jid.Parse("two.test"), Id = "r" });
        Domains.TrySend(Message("e") with { Type = MessageType.Error });
        await Far.UntilAsync(() => Far.Attempts == 1);
        opening.SetException(new LinkFailedException(LinkStep.Resolve, StanzaError.RemoteServerNotFound, "two.test has no server."));
        await Far.UntilAsync(() => Unreachable.Count == 1);
        Assert.That(Returned.Select(static answer => answer.Id), Is.EqualTo(new[] { "m", "q", "s", "p" }));
        Assert.That(Returned, Has.All.Matches<Stanza>(static answer => answer.IsError && answer.To!.Bare == Jid.Parse("romeo@one.test") && answer.Content.ToString()!.Contains("remote-server-not-found") && answer.Content.ToString()!.Contains("two.test has no server.")));
        Assert.That(Unreachable, Is.EqualTo(new[] { Pair }));
        // During the pause: at once, and no attempt is made.
        Assert.That(Domains.TrySend(Message("later")), Is.EqualTo(StanzaError.RemoteServerNotFound with { Text = "two.test has no server." }));
        Assert.That(Domains.TrySend(new Fetch { From = Jid.Parse("romeo@one.test"), To = Jid.Parse("juliet@two.test") }), Is.Null);
        Assert.That(Far.Attempts, Is.EqualTo(1));
        LinkReport report = Report();
        Assert.That((report.State, report.Failure!.Step, report.Counts.Returned), Is.EqualTo((LinkState.Pausing, LinkStep.Resolve, 8L)));
    }

    [Test, Property("Spec", "S-22,R-22")]
    public async Task After_the_pause_it_is_tried_again()
    {
        Far.Open = Dead;
        Domains.TrySend(Message("m"));
        await Far.UntilAsync(() => Unreachable.Count == 1);
        // The first pause is of a minute at most (RFC 6120 §3.3).
        Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.That(Domains.TrySend(Message("n")), Is.Null);
        await Far.UntilAsync(() => Unreachable.Count == 2);
        Assert.That((Far.Attempts, Domains.TrySend(Message("o")) is null), Is.EqualTo((2, false)));
    }

    [Test, Property("Spec", "S-22")]
    public void Pauses_grow_and_no_two_servers_keep_step()
    {
        var pauses = new Pauses(new Random(1), TimeSpan.FromSeconds(600));
        for (int failures = 1; failures <= 30; failures++)
        {
            double[] drawn = [.. Enumerable.Range(0, 200).Select(_ => pauses.After(failures).TotalSeconds)];
            double most = failures == 1 ? 60 : Math.Min(600, 60 * Math.Pow(2, failures - 1));
            Assert.That(drawn.Max(), Is.LessThanOrEqualTo(most).And.GreaterThan(most * 0.9), $"after {failures}");
            Assert.That(drawn.Min(), failures == 1 ? Is.LessThan(6) : Is.GreaterThanOrEqualTo(most / 2.01), $"after {failures}");
        }
    }

    [Test]
    public async Task A_server_that_is_heard_is_tried_at_once()
    {
        Far.Open = Dead;
        Domains.TrySend(Message("m"));
        await Far.UntilAsync(() => Unreachable.Count == 1);
        Assert.That(Domains.TrySend(Message("n")), Is.Not.Null);
        Domains.Heard(Pair);
        Far.Open = (lost, _, _) => Task.FromResult<ILinkStream>(Far.Accept(lost));
        Assert.That(Domains.TrySend(Message("o")), Is.Null);
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
    }

    [Test]
    public async Task Opening_takes_no_longer_than_it_may()
    {
        Far.Open = async (_, trace, cancel) =>
        {
            trace.Step = LinkStep.Tls;
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        };
        Domains.TrySend(Message("m"));
        await Far.UntilAsync(() => Far.Attempts == 1);
        while (Unreachable.Count == 0 && Clock.GetUtcNow().Second < 59)
        {
            Clock.Advance(TimeSpan.FromSeconds(41));
            await Far.UntilAsync(() => Unreachable.Count == 1);
        }
        Assert.That(Returned.Single().Content.ToString(), Does.Contain("remote-server-timeout").And.Contain("40 s").And.Contain("encrypting"));
    }

    [Test]
    public async Task A_managed_stream_that_breaks_loses_and_doubles_nothing([Range(0, 7)] int breaksAfter, [Values] bool isSilent)
    {
        int opened = 0;
        Far.Open = (lost, _, _) =>
        {
            FarStream stream = Far.Accept(lost);
            if (opened++ == 0)
                (stream.BreaksAfter, stream.IsSilent) = (breaksAfter, isSilent);
            return Task.FromResult<ILinkStream>(stream);
        };
        foreach (string id in Numbers(0, 20))
            Domains.TrySend(Message(id));
        await Far.UntilAsync(() => Far.Arrived.Count == 20);
        Assert.That(Far.Arrived, Is.EqualTo(Numbers(0, 20)));
        Assert.That(Returned, Is.Empty);
        Assert.That(Far.Streams[0].IsDisposed, Is.True);
    }

    [Test]
    public async Task What_was_on_an_unmanaged_line_is_told_to_be_unsure_and_never_sent_again()
    {
        Far.IsManaged = false;
        int opened = 0;
        Far.Open = (lost, _, _) =>
        {
            FarStream stream = Far.Accept(lost);
            stream.IsSilent = opened++ == 0;
            return Task.FromResult<ILinkStream>(stream);
        };
        Domains.TrySend(Message("a"));
        Domains.TrySend(Message("b"));
        await Far.UntilAsync(() => Far.Arrived.Count == 2);
        Far.Streams[0].Cut();
        await Far.UntilAsync(() => Returned.Count == 2);
        Assert.That(Returned.Select(static answer => answer.Id), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Returned[0].Content.ToString(), Does.Contain("may or may not have arrived").And.Contain("remote-server-timeout"));
        Domains.TrySend(Message("c"));
        await Far.UntilAsync(() => Far.Arrived.Count == 3);
        Assert.That(Far.Arrived, Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(Report().Counts.Unsure, Is.EqualTo(2));
        // The line was the other side's to lose; the domain is not.
        Assert.That(Unreachable, Is.Empty);
    }

    [Test]
    public async Task When_nobody_can_say_what_a_lost_stream_had_it_is_unsure()
    {
        Far.Remembers = false;
        int opened = 0;
        Far.Open = (lost, _, _) =>
        {
            FarStream stream = Far.Accept(lost);
            stream.IsSilent = opened++ == 0;
            return Task.FromResult<ILinkStream>(stream);
        };
        Domains.TrySend(Message("a"));
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
        Far.Streams[0].Cut();
        await Far.UntilAsync(() => Returned.Count == 1);
        Assert.That(Report().Counts, Is.EqualTo(new LinkCounts(0, 0, 1, 2)));
    }

    [Test]
    public async Task To_take_up_a_lost_stream_is_tried_more_than_once()
    {
        int opened = 0;
        Far.Open = (lost, _, _) =>
        {
            // The second attempt finds nobody.
            if (++opened == 2)
                throw new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, "Nobody listens.");
            FarStream stream = Far.Accept(lost);
            stream.IsSilent = opened == 1;
            return Task.FromResult<ILinkStream>(stream);
        };
        Domains.TrySend(Message("a"));
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
        Far.Streams[0].Cut();
        await Far.UntilAsync(() => Far.Attempts == 2);
        while (Far.Attempts == 2)
        {
            Clock.Advance(TimeSpan.FromSeconds(0.2));
            await Task.Yield();
        }
        Domains.TrySend(Message("b"));
        await Far.UntilAsync(() => Far.Arrived.Count == 2);
        Assert.That((Far.Arrived, Returned.Count), Is.EqualTo((new[] { "a", "b" }, 0)));
    }

    [Test]
    public async Task A_stream_that_is_always_lost_at_once_is_not_opened_for_ever()
    {
        Far.Open = (lost, _, _) =>
        {
            FarStream stream = Far.Accept(lost);
            stream.BreaksAfter = 0;
            return Task.FromResult<ILinkStream>(stream);
        };
        Domains.TrySend(Message("a"));
        await Far.UntilAsync(() => Unreachable.Count == 1);
        Assert.That(Far.Attempts, Is.EqualTo(3));
        Assert.That(Returned.Single().Id, Is.EqualTo("a"));
    }

    [Test]
    public async Task A_link_that_is_not_used_closes_and_opens_again_for_the_next_stanza()
    {
        Domains.TrySend(Message("a"));
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
        await Far.UntilAsync(() => Report().Unconfirmed == 0);
        Clock.Advance(TimeSpan.FromSeconds(599));
        Assert.That(Far.Streams[0].IsCarrying, Is.True);
        Clock.Advance(TimeSpan.FromSeconds(2));
        await Far.UntilAsync(() => !Far.Streams[0].IsCarrying);
        Domains.TrySend(Message("b"));
        await Far.UntilAsync(() => Far.Arrived.Count == 2);
        Assert.That(Far.Streams, Has.Count.EqualTo(2));
        Assert.That(Returned, Is.Empty);
    }

    [Test]
    public async Task A_queue_is_bounded_and_says_so()
    {
        await Domains.DisposeAsync();
        Attach(static options => options.QueueStanzas = 10);
        var opening = new TaskCompletionSource<ILinkStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        Far.Open = (_, _, cancel) => opening.Task.WaitAsync(cancel);
        foreach (string id in Numbers(0, 10))
            Assert.That(Domains.TrySend(Message(id)), Is.Null);
        Assert.That(Domains.TrySend(Message("more"))!.Condition, Is.EqualTo("resource-constraint"));
        // Another domain is no worse off.
        Assert.That(Domains.TrySend(Message("there", "juliet@three.test")), Is.Null);
        opening.SetResult(Far.Accept());
        await Far.UntilAsync(() => Far.Arrived.Count >= 10);
        Assert.That(Domains.TrySend(Message("now")), Is.Null);
    }

    [Test]
    public async Task Too_much_unconfirmed_waits()
    {
        await Domains.DisposeAsync();
        Attach(static options => options.QueueStanzas = 10);
        FarStream stream = Far.Accept();
        stream.IsSilent = true;
        Far.Open = (_, _, _) => Task.FromResult<ILinkStream>(stream);
        foreach (string id in Numbers(0, 10))
            Domains.TrySend(Message(id));
        await Far.UntilAsync(() => Far.Arrived.Count == 10);
        foreach (string id in Numbers(10, 5))
            Domains.TrySend(Message(id));
        Assert.That((Far.Arrived.Count, Report().Waiting, Report().Unconfirmed), Is.EqualTo((10, 5, 10)));
    }

    [Test]
    public async Task All_queues_together_are_bounded()
    {
        await Domains.DisposeAsync();
        Attach(static options => (options.QueueBytes, options.TotalQueueBytes) = (5000, 10000));
        var opening = new TaskCompletionSource<ILinkStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        Far.Open = (_, _, cancel) => opening.Task.WaitAsync(cancel);
        int taken = 0;
        for (int domain = 0; domain < 20; domain++)
        {
            for (int i = 0; i < 10; i++)
                taken += Domains.TrySend(Message("m", $"juliet@d{domain}.test", new string('x', 800))) is null ? 1 : 0;
        }
        Assert.That(taken, Is.InRange(9, 10));
    }

    [Test]
    public async Task The_policy_is_asked_first()
    {
        await Domains.DisposeAsync();
        Attach(static options => options.Domains = new Dictionary<string, DomainPolicyOptions> { ["two.test"] = new() { Policy = "deny" }, ["*.three.test"] = new() { Policy = "deny" }, ["good.three.test"] = new() { Policy = "certificate" } });
        Assert.That(Domains.TrySend(Message("m"))!.Condition, Is.EqualTo("not-allowed"));
        Assert.That(Domains.TrySend(Message("m", "a@x.y.three.test"))!.Condition, Is.EqualTo("not-allowed"));
        Assert.That(Domains.TrySend(Message("m", "a@three.test")), Is.Null);
        Assert.That(Domains.TrySend(Message("n", "a@good.three.test")), Is.Null);
        Assert.That(Domains.Policies.Of("good.three.test"), Is.EqualTo(DomainPolicy.RequireCertificate));
        Assert.That(Domains.Policies.Of("other.test"), Is.EqualTo(DomainPolicy.AllowDialback));
        await Far.UntilAsync(() => Far.Arrived.Count == 2);
    }

    [Test]
    public async Task A_stream_of_the_other_side_is_used_in_place_of_one_that_is_being_opened()
    {
        Far.Open = async (_, _, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        };
        Domains.TrySend(Message("a"));
        await Far.UntilAsync(() => Far.Attempts == 1);
        FarStream theirs = Far.Accept();
        Assert.That(Domains.TryCarry(Pair, theirs), Is.True);
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
        Assert.That(theirs.IsCarrying, Is.True);
        Assert.That(Domains.TryCarry(Pair, Far.Accept()), Is.False);
        // It is theirs to close.
        Clock.Advance(TimeSpan.FromSeconds(2000));
        Assert.That(theirs.IsCarrying, Is.True);
        Assert.That(Returned, Is.Empty);
    }

    [Test]
    public async Task When_the_server_stops_what_waits_is_sent_and_what_cannot_be_goes_back()
    {
        Domains.TrySend(Message("a"));
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
        Far.Open = async (_, _, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        };
        Domains.TrySend(Message("b", "juliet@dead.test"));
        await Far.UntilAsync(() => Far.Attempts == 2);
        await Domains.StopAsync(TimeSpan.Zero);
        Assert.That(Returned.Single().Id, Is.EqualTo("b"));
        Assert.That(Returned.Single().Content.ToString(), Does.Contain("shutting down"));
        Assert.That(Domains.TrySend(Message("c")), Is.Not.Null);
    }

    [Test]
    public async Task Thousands_of_dead_domains_keep_nobody_waiting()
    {
        Far.Open = async (_, _, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        };
        // One that is known to live.
        Func<FarStream?, LinkTrace, CancellationToken, Task<ILinkStream>> dead = Far.Open;
        Far.Open = (lost, _, _) => Task.FromResult<ILinkStream>(Far.Accept(lost));
        Domains.TrySend(Message("known", "juliet@known.test"));
        await Far.UntilAsync(() => Far.Arrived.Count == 1);
        Far.Streams[0].Cut();
        await Far.UntilAsync(() => !Far.Streams[0].IsCarrying);
        Far.Open = dead;
        for (int i = 0; i < 5000; i++)
            Domains.TrySend(Message(i.ToString(CultureInfo.InvariantCulture), $"juliet@dead{i}.test"));
        await Far.UntilAsync(() => Far.Attempts >= 501);
        Far.Open = (lost, _, _) => Task.FromResult<ILinkStream>(Far.Accept(lost));
        // Without the clock moving: it needs no turn.
        Domains.TrySend(Message("again", "juliet@known.test"));
        await Far.UntilAsync(() => Far.Arrived.Contains("again"));
        Far.Open = dead;
        // One that nobody knew waits until those before it had their second.
        Domains.TrySend(Message("new", "juliet@new.test"));
        Far.Open = (lost, _, _) => Task.FromResult<ILinkStream>(Far.Accept(lost));
        for (int second = 0; second < 12 && !Far.Arrived.Contains("new"); second++)
        {
            int attempts = Far.Attempts;
            Clock.Advance(TimeSpan.FromSeconds(1));
            if (!Far.Arrived.Contains("new"))
                await Far.UntilAsync(() => Far.Attempts > attempts || Far.Arrived.Contains("new"));
        }
        await Far.UntilAsync(() => Far.Arrived.Contains("new"));
    }

    [Test]
    public async Task Whatever_breaks_when_each_stanza_arrives_once_or_its_sender_is_told([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        const int Count = 2000;
        Far.Open = (lost, _, _) =>
        {
            FarStream stream = Far.Accept(lost);
            stream.BreaksAfter = random.Next(0, 60);
            stream.IsSilent = random.Next(3) == 0;
            return Task.FromResult<ILinkStream>(stream);
        };
        for (int i = 0; i < Count; i++)
        {
            while (Domains.TrySend(Message(i.ToString(CultureInfo.InvariantCulture))) is not null)
                Domains.Heard(Pair);
            // So that a loss is not a quick one.
            if (i % 10 == 0)
                Clock.Advance(TimeSpan.FromSeconds(11));
        }
        Far.Open = (lost, _, _) => Task.FromResult<ILinkStream>(Far.Accept(lost));
        // Behind all others; what goes back does so by itself.
        while (Domains.TrySend(Message("end")) is not null)
            Domains.Heard(Pair);
        await Far.UntilAsync(() => EndSilent() && Far.Arrived.Union(Returned.Select(static answer => answer.Id!)).Count() > Count && Report() is { Waiting: 0, Unconfirmed: 0 });
        string[] told = [.. Returned.Select(static answer => answer.Id!).Where(static id => id != "end")];
        string[] arrived = [.. Far.Arrived.Where(static id => id != "end")];
        Assert.That(arrived, Is.Unique);
        Assert.That(told, Is.Unique);
        // What was returned with a definite reason never left; what is unsure is counted.
        Assert.That(arrived.Union(told).Order(), Is.EqualTo(Numbers(0, Count).Order()));
        Assert.That(arrived.Intersect(told).Count(), Is.LessThanOrEqualTo((int)Report().Counts.Unsure));
        Assert.That(arrived.Select(static id => int.Parse(id, CultureInfo.InvariantCulture)), Is.Ordered);
    }

    // A stream that confirms nothing would be waited for without end.
    private bool EndSilent()
    {
        foreach (FarStream stream in Far.Streams.Where(static stream => stream.IsSilent))
            stream.Cut();
        return true;
    }
}
