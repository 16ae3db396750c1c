using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(10_000)]
internal sealed class QuestionSlotsTests : DnsFixture
{
    [Test]
    public async Task A_slot_that_is_given_back_is_taken_in_order()
    {
        var slots = new QuestionSlots(1, Clock);
        QuestionSlot first = await slots.EnterAsync(default);
        Task<QuestionSlot> second = slots.EnterAsync(default);
        Task<QuestionSlot> third = slots.EnterAsync(default);
        Assert.That(second.IsCompleted, Is.False);
        first.Dispose();
        QuestionSlot taken = await second;
        Assert.That(third.IsCompleted, Is.False);
        taken.Dispose();
        (await third).Dispose();
        (await slots.EnterAsync(default)).Dispose();
    }

    [Test]
    public async Task The_oldest_gives_way_once_it_was_patient(CancellationToken cancel)
    {
        var slots = new QuestionSlots(2, Clock);
        using QuestionSlot first = await slots.EnterAsync(cancel);
        Clock.Advance(TimeSpan.FromMilliseconds(100));
        using QuestionSlot second = await slots.EnterAsync(cancel);
        Task<QuestionSlot> third = slots.EnterAsync(cancel);
        Task<QuestionSlot> fourth = slots.EnterAsync(cancel);
        var firstGone = new TaskCompletionSource();
        first.Token.Register(firstGone.SetResult);
        Clock.Advance(TimeSpan.FromMilliseconds(399));
        Assert.That(third.IsCompleted, Is.False);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        using QuestionSlot taken = await third;
        await firstGone.Task;
        Assert.That(second.Token.IsCancellationRequested, Is.False);
        Clock.Advance(TimeSpan.FromMilliseconds(100));
        using QuestionSlot last = await fourth;
        Assert.That(taken.Token.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task While_there_is_room_nobody_gives_way()
    {
        var slots = new QuestionSlots(2, Clock);
        using QuestionSlot first = await slots.EnterAsync(default);
        Clock.Advance(TimeSpan.FromSeconds(5));
        using QuestionSlot second = await slots.EnterAsync(default);
        Assert.That(first.Token.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Who_gives_up_leaves_the_queue()
    {
        var slots = new QuestionSlots(1, Clock);
        QuestionSlot first = await slots.EnterAsync(default);
        using var gone = new CancellationTokenSource();
        Task<QuestionSlot> second = slots.EnterAsync(gone.Token);
        Task<QuestionSlot> third = slots.EnterAsync(default);
        await gone.CancelAsync();
        Assert.That(() => second, Throws.InstanceOf<OperationCanceledException>());
        first.Dispose();
        (await third).Dispose();
    }
}
