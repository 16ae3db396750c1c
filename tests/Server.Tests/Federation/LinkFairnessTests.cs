using System.Globalization;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>What dead or slow domains cost the others: nothing.</summary>
internal sealed class LinkFairnessTests : ScriptedFixture
{
    protected override void Configure(FederationOptions options)
    {
        options.Opening = 1;
        // What each has in any case is a hundredth of the total then; a few tests need more links.
        options.Links = TestContext.CurrentContext.Test.MethodName switch
        {
            nameof(A_domain_that_lives_is_not_forgotten_for_thousands_of_dead_ones) or nameof(Thirty_dead_domains_of_three_hundred_cost_the_others_nothing) => 10_000,
            nameof(When_there_are_too_many_links_the_oldest_pauses_are_forgotten_first) => 16,
            _ => 100,
        };
        options.QueueBytes = 20_000;
        options.TotalQueueBytes = 100_000;
    }

    private static string Dead(int number) => string.Create(CultureInfo.InvariantCulture, $"x@dead{number}.test");

    // Opened once, and closed because nothing was to be sent.
    private async Task MakeKnownAsync(CancellationToken cancel)
    {
        Send("first");
        ScriptedStream stream = (await AttemptAsync(cancel)).Accept();
        await stream.ReadAsync(cancel);
        await stream.ConfirmAsync(1);
        stream.Close();
        await stream.Disposed.WaitAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(2));
    }

    [Test]
    public async Task Full_queues_of_dead_domains_leave_room_for_the_others(CancellationToken cancel)
    {
        int refused = 0;
        for (int i = 0; i < 20; i++)
        {
            for (int k = 0; k < 12; k++)
                refused += Send("m", Dead(i), 2000) is null ? 0 : 1;
        }
        Assert.That(refused, Is.GreaterThan(0));
        Assert.That(Send("live"), Is.Null);
        await AttemptAsync(cancel);
    }

    [Test]
    public async Task What_is_not_confirmed_counts_too(CancellationToken cancel)
    {
        int taken = 0;
        for (int i = 0; i < 20; i++)
        {
            string remote = Dead(i);
            if (Send("m", remote, 2000) is not null)
                continue;
            taken++;
            ScriptedStream silent = (await AttemptAsync(cancel)).Accept();
            await silent.ReadAsync(cancel);
            for (int k = 0; k < 30; k++)
            {
                if (Send("m", remote, 2000) is not null) continue;
                taken++;
                if (k < 8) await silent.ReadAsync(cancel);
            }
        }
        // All together, and what every link may have beside that.
        Assert.That(taken, Is.InRange(100_000 / 2200, (100_000 + (20 * 1000)) / 2000));
    }

    [Test]
    public async Task A_domain_that_lives_is_not_forgotten_for_thousands_of_dead_ones(CancellationToken cancel)
    {
        await MakeKnownAsync(cancel);
        for (int i = 0; i < 2500; i++)
        {
            Send("m", Dead(i));
            (await AttemptAsync(cancel)).Fail();
            await UnreachableAsync(cancel);
        }
        // Until nobody needs to remember their pauses.
        Clock.Advance(TimeSpan.FromSeconds(150));
        Assert.That(Domains.Describe(), Has.Count.LessThanOrEqualTo(2100));
        Send("m", Dead(9999));
        await AttemptAsync(cancel);
        Send("second");
        Assert.That((await AttemptAsync(cancel)).Remote, Is.EqualTo("two.test"), "it needs no turn");
    }

    [Test]
    public async Task A_domain_that_was_heard_lives(CancellationToken cancel)
    {
        Domains.Heard(Pair);
        Send("m", Dead(1));
        await AttemptAsync(cancel);
        Send("answer");
        Assert.That((await AttemptAsync(cancel)).Remote, Is.EqualTo("two.test"));
    }

    [Test]
    public async Task Who_has_not_even_connected_gives_way_and_who_has_does_not(CancellationToken cancel)
    {
        Send("m", Dead(1));
        ScriptedAttempt first = await AttemptAsync(cancel);
        first.Trace.Step = LinkStep.Connect;
        Send("m", Dead(2));
        Assert.That(Report("dead2.test").State, Is.AnyOf(LinkState.Waiting, LinkState.Idle));
        Clock.Advance(TimeSpan.FromSeconds(20));
        ScriptedAttempt second = await AttemptAsync(cancel);
        Assert.That((await UnreachableAsync(cancel)).Remote, Is.EqualTo("dead1.test"));
        Assert.That(first.IsGivenUp, Is.True);
        second.Trace.Step = LinkStep.Tls;
        Send("m", Dead(3));
        Clock.Advance(TimeSpan.FromSeconds(20));
        ScriptedAttempt third = await AttemptAsync(cancel);
        Assert.That(third.Remote, Is.EqualTo("dead3.test"));
        ScriptedStream stream = second.Accept();
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "m" }));
    }

    [Test]
    public async Task Thirty_dead_domains_of_three_hundred_cost_the_others_nothing(CancellationToken cancel)
    {
        var streams = new List<Task<string[]?>>();
        for (int i = 0; i < 300; i++)
        {
            bool isDead = i % 10 == 0;
            Send("m", Dead(i));
            ScriptedAttempt attempt = await AttemptAsync(cancel);
            Assert.That(attempt.Remote, Is.EqualTo($"dead{i}.test"));
            if (!isDead)
                streams.Add(attempt.Accept().ReadAsync(cancel));
            else
                Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.That(await Task.WhenAll(streams), Has.Length.EqualTo(270).And.All.EqualTo(new[] { "m" }));
    }

    [Test]
    public async Task When_there_are_too_many_links_the_oldest_pauses_are_forgotten_first(CancellationToken cancel)
    {
        for (int i = 0; i < 16; i++)
        {
            Send("m", Dead(i));
            (await AttemptAsync(cancel)).Fail();
            await UnreachableAsync(cancel);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        // The last of them rests for some seconds more than the first.
        Assert.That(Send("m"), Is.Null);
        await AttemptAsync(cancel);
        string[] known = [.. Domains.Describe().Where(static report => report.State == LinkState.Pausing).Select(static report => report.Pair.Remote)];
        Assert.That(Send("m", Dead(15)), Is.Not.Null, "its pause is not over");
        Assert.That(known, Has.Length.EqualTo(16), "what was tried is still told");
    }
}
