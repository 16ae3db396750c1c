using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;
using PresenceXml.Server.Tests.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation;

[CancelAfter(10_000)]
internal sealed class TurnsTests : DnsFixture
{
    [Test]
    public async Task A_slot_that_is_given_back_is_taken_in_order()
    {
        var slots = new Turns(1, DnsClient.Patience, Clock);
        Turn first = await slots.EnterAsync(default);
        Task<Turn> second = slots.EnterAsync(default);
        Task<Turn> third = slots.EnterAsync(default);
        Assert.That(second.IsCompleted, Is.False);
        first.Dispose();
        Turn taken = await second;
        Assert.That(third.IsCompleted, Is.False);
        taken.Dispose();
        (await third).Dispose();
        (await slots.EnterAsync(default)).Dispose();
    }

    [Test]
    public async Task The_oldest_gives_way_once_it_was_patient(CancellationToken cancel)
    {
        var slots = new Turns(2, DnsClient.Patience, Clock);
        using Turn first = await slots.EnterAsync(cancel);
        Clock.Advance(TimeSpan.FromMilliseconds(100));
        using Turn second = await slots.EnterAsync(cancel);
        Task<Turn> third = slots.EnterAsync(cancel);
        Task<Turn> fourth = slots.EnterAsync(cancel);
        var firstGone = new TaskCompletionSource();
        first.Token.Register(firstGone.SetResult);
        Clock.Advance(TimeSpan.FromMilliseconds(399));
        Assert.That(third.IsCompleted, Is.False);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        using Turn taken = await third;
        await firstGone.Task;
        Assert.That(second.Token.IsCancellationRequested, Is.False);
        Clock.Advance(TimeSpan.FromMilliseconds(100));
        using Turn last = await fourth;
        Assert.That(taken.Token.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task While_there_is_room_nobody_gives_way()
    {
        var slots = new Turns(2, DnsClient.Patience, Clock);
        using Turn first = await slots.EnterAsync(default);
        Clock.Advance(TimeSpan.FromSeconds(5));
        using Turn second = await slots.EnterAsync(default);
        Assert.That(first.Token.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Who_gives_up_leaves_the_queue()
    {
        var slots = new Turns(1, DnsClient.Patience, Clock);
        Turn first = await slots.EnterAsync(default);
        using var gone = new CancellationTokenSource();
        Task<Turn> second = slots.EnterAsync(gone.Token);
        Task<Turn> third = slots.EnterAsync(default);
        await gone.CancelAsync();
        Assert.That(() => second, Throws.InstanceOf<OperationCanceledException>());
        first.Dispose();
        (await third).Dispose();
    }
}
