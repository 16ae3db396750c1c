using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>Moments that are rare, and what happens at the same time.</summary>
internal sealed class LinkTroubleTests : ScriptedFixture
{
    private async Task<ScriptedStream> OpenAsync(CancellationToken cancel) => (await AttemptAsync(cancel)).Accept();

    [Test]
    public async Task A_server_that_closes_at_once_in_good_order_is_not_tried_for_ever(CancellationToken cancel)
    {
        Send("a");
        for (int i = 0; i < 3; i++)
        {
            ScriptedStream stream = await OpenAsync(cancel);
            await stream.Carried.WaitAsync(cancel);
            stream.Close();
        }
        Assert.That(await AttemptOrReturnedAsync(cancel), Is.InstanceOf<Stanza>().With.Property("Id").EqualTo("a"));
        Assert.That(Report().State, Is.EqualTo(LinkState.Pausing));
    }

    [Test]
    public async Task A_line_that_breaks_soon_but_carries_something_each_time_is_gone_on_with(CancellationToken cancel)
    {
        string[] all = [.. Enumerable.Range(0, 10).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
        foreach (string id in all) Send(id);
        ScriptedStream stream = await OpenAsync(cancel);
        for (int i = 0; i < 9; i++)
        {
            Assert.That((await stream.ReadAsync(cancel))![0], Is.EqualTo(all[i]));
            await stream.ConfirmAsync(1);
            stream.Cut();
            ScriptedAttempt again = await AttemptAsync(cancel);
            Assert.That(again.Lost, Is.SameAs(stream));
            stream = again.Accept(new ScriptedStream { HandledBefore = 0 });
        }
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "9" }));
        Assert.That(HasReturned, Is.False);
    }

    [Test]
    public async Task What_a_lost_stream_had_is_not_given_up_for_a_new_stream_of_the_other_side(CancellationToken cancel)
    {
        Send("a");
        Send("b");
        ScriptedStream stream = await OpenAsync(cancel);
        await stream.ReadAsync(cancel);
        stream.Cut();
        ScriptedAttempt again = await AttemptAsync(cancel);
        // Both sides have lost each other, and the other one was faster.
        Assert.That(Domains.TryCarry(Pair, new ScriptedStream()), Is.False);
        stream = again.Accept(new ScriptedStream { HandledBefore = 1 });
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "b" }));
        Assert.That((HasReturned, Report().Counts), Is.EqualTo((false, new LinkCounts(1, 0, 0, 2))));
    }

    [Test]
    public async Task A_stream_that_the_other_side_took_up_is_used_also_when_it_comes_before_the_old_one_is_over(CancellationToken cancel)
    {
        var theirs = new ScriptedStream();
        Assert.That(Domains.TryCarry(Pair, theirs), Is.True);
        Send("a");
        Send("b");
        await theirs.ReadAsync(cancel);
        // Of a stream that is long gone, so its number says nothing about this one.
        Assert.That(Domains.TryCarry(Pair, new ScriptedStream { HandledBefore = 2, After = new ScriptedStream() }), Is.False);
        var resumed = new ScriptedStream { HandledBefore = 1, After = theirs };
        Assert.That(Domains.TryCarry(Pair, resumed), Is.True);
        theirs.Cut();
        Assert.That(await resumed.ReadAsync(cancel), Is.EqualTo(new[] { "b" }));
        Assert.That((HasAttempt, HasReturned, Report().Counts.Unsure), Is.EqualTo((false, false, 0L)));
    }

    [Test]
    public async Task A_stream_that_the_other_side_took_up_ends_the_attempt(CancellationToken cancel)
    {
        var theirs = new ScriptedStream();
        Domains.TryCarry(Pair, theirs);
        Send("a");
        await theirs.ReadAsync(cancel);
        theirs.Cut();
        ScriptedAttempt attempt = await AttemptAsync(cancel);
        var resumed = new ScriptedStream { HandledBefore = 0, After = theirs };
        Assert.That(Domains.TryCarry(Pair, resumed), Is.True);
        Assert.That(await resumed.ReadAsync(cancel), Is.EqualTo(new[] { "a" }));
        Assert.That((attempt.IsGivenUp, HasReturned), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task A_stanza_that_comes_when_the_idle_link_closes_is_sent_on_the_same_stream_or_the_next(CancellationToken cancel)
    {
        Send("a");
        ScriptedStream stream = await OpenAsync(cancel);
        await stream.ReadAsync(cancel);
        await stream.ConfirmAsync(1);
        // Nobody reads at this moment, so nobody knows yet that it closes.
        Clock.Advance(TimeSpan.FromSeconds(601));
        Send("b");
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "b" }));
        await stream.ConfirmAsync(1);
        Task<string[]?> next = stream.ReadAsync(cancel);
        Assert.That(next.IsCompleted, Is.False, "it was used, so it does not close");
        Clock.Advance(TimeSpan.FromSeconds(601));
        Assert.That(await next, Is.Null);
        Send("c");
        stream.Close();
        Assert.That(await (await OpenAsync(cancel)).ReadAsync(cancel), Is.EqualTo(new[] { "c" }));
        await stream.Disposed.WaitAsync(cancel);
        Assert.That(HasReturned, Is.False);
    }

    [Test]
    public async Task A_server_that_stops_waits_for_a_link_that_is_being_opened_and_no_longer(CancellationToken cancel)
    {
        Send("a");
        ScriptedAttempt attempt = await AttemptAsync(cancel);
        Task stopping = Domains.StopAsync(TimeSpan.FromSeconds(10));
        ScriptedStream stream = attempt.Accept();
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "a" }));
        await stream.ConfirmAsync(1);
        Assert.That(await stream.ReadAsync(cancel), Is.Null);
        stream.Close();
        await stopping.WaitAsync(cancel);
        Assert.That((HasReturned, HasUnreachable), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task What_is_not_sent_in_the_time_that_a_stop_allows_goes_back(CancellationToken cancel)
    {
        Send("a");
        await AttemptAsync(cancel);
        Task stopping = Domains.StopAsync(TimeSpan.FromSeconds(10));
        Assert.That(Send("b"), Has.Property("Condition").EqualTo("remote-server-timeout").And.Property("Text").Contains("shutting down"));
        Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.That(stopping.IsCompleted, Is.False);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await stopping.WaitAsync(cancel);
        Assert.That((await ReturnedAsync(cancel)).Id, Is.EqualTo("a"));
        // It is this server that goes.
        Assert.That(HasUnreachable, Is.False);
    }

    [Test]
    public async Task Who_claims_more_than_was_sent_is_not_believed(CancellationToken cancel)
    {
        Send("a");
        ScriptedStream stream = await OpenAsync(cancel);
        await stream.ReadAsync(cancel);
        Assert.That(() => stream.ConfirmAsync(2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        stream.Cut();
        (await AttemptAsync(cancel)).Accept(new ScriptedStream { HandledBefore = 2 });
        Stanza answer = await ReturnedAsync(cancel);
        Assert.That(answer.Content.ToString(), Does.Contain("may or may not have arrived"));
    }

    [Test]
    public async Task When_both_sides_open_a_stream_at_once_the_one_that_was_promised_is_used(CancellationToken cancel)
    {
        Send("a");
        ScriptedAttempt attempt = await AttemptAsync(cancel);
        // It succeeds, but the link has not heard of it.
        ScriptedStream ours = new(), theirs = new();
        Assert.That(Domains.TryCarry(Pair, theirs), Is.True);
        attempt.Accept(ours);
        Assert.That(await theirs.ReadAsync(cancel), Is.EqualTo(new[] { "a" }));
        theirs.Cut();
        (await AttemptAsync(cancel)).Accept(new ScriptedStream { HandledBefore = 0 });
        Assert.That(HasReturned, Is.False);
    }

    [Test]
    public async Task A_stream_that_was_taken_up_is_used_also_while_the_server_stops(CancellationToken cancel)
    {
        var theirs = new ScriptedStream();
        Domains.TryCarry(Pair, theirs);
        Send("a");
        await theirs.ReadAsync(cancel);
        theirs.Cut();
        await AttemptAsync(cancel);
        Task stopping = Domains.StopAsync(TimeSpan.FromSeconds(10));
        Assert.That(Domains.TryCarry(Pair, new ScriptedStream()), Is.False);
        var resumed = new ScriptedStream { HandledBefore = 1, After = theirs };
        Assert.That(Domains.TryCarry(Pair, resumed), Is.True);
        Assert.That(await resumed.ReadAsync(cancel), Is.Null);
        resumed.Close();
        await stopping.WaitAsync(cancel);
        Assert.That(HasReturned, Is.False);
    }

    [Test]
    public async Task One_that_is_offered_when_another_was_chosen_comes_too_late(CancellationToken cancel)
    {
        var late = new ScriptedStream();
        bool? wasTaken = null;
        var offered = new ScriptedStream();
        // Disposed of between the choice and the first stanza.
        var opened = new ScriptedStream { WhenDisposed = () => wasTaken = Domains.TryCarry(Pair, late) };
        Opened = _ => Domains.TryCarry(Pair, offered);
        Send("a");
        (await AttemptAsync(cancel)).Accept(opened);
        Assert.That(await offered.ReadAsync(cancel), Is.EqualTo(new[] { "a" }));
        Assert.That((wasTaken, opened.Disposed.IsCompleted), Is.EqualTo(((bool?)false, true)));
        // Or what it had would be taken for unknown.
        offered.Cut();
        Assert.That((await AttemptAsync(cancel)).Lost, Is.SameAs(offered));
    }

    [Test]
    public async Task Before_a_stop_what_is_not_reached_in_time_goes_back_and_what_is_open_goes_on(CancellationToken cancel)
    {
        Send("dead", "x@dead.test");
        await AttemptAsync(cancel);
        Send("a");
        ScriptedStream stream = await OpenAsync(cancel);
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "a" }));
        Task draining = Domains.DrainAsync(TimeSpan.FromSeconds(2));
        await stream.ConfirmAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.That((draining.IsCompleted, HasReturned), Is.EqualTo((false, false)));
        Clock.Advance(TimeSpan.FromSeconds(0.1));
        Stanza error = await ReturnedAsync(cancel);
        Assert.That(error.Id, Is.EqualTo("dead"));
        Assert.That(error.Content.ToString(), Does.Contain("shutting down"));
        await draining.WaitAsync(cancel);
        // What sessions leave behind at their end.
        Send("unavailable");
        Assert.That(await stream.ReadAsync(cancel), Is.EqualTo(new[] { "unavailable" }));
        Assert.That(HasUnreachable, Is.False);
    }

    [Test]
    public async Task Before_a_stop_nothing_is_waited_for_where_nothing_waits(CancellationToken cancel)
    {
        Assert.That(Domains.DrainAsync(TimeSpan.FromSeconds(2)).IsCompletedSuccessfully, Is.True);
        Send("a");
        ScriptedStream stream = await OpenAsync(cancel);
        await stream.ReadAsync(cancel);
        Task draining = Domains.DrainAsync(TimeSpan.FromSeconds(2));
        Assert.That(draining.IsCompleted, Is.False);
        await stream.ConfirmAsync(1);
        await draining.WaitAsync(cancel);
    }
}
