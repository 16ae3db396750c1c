namespace PresenceXml.Server.Federation.Dns;

/// <summary>
/// Bounds the questions under way. When there are as many as may be, the oldest gives way as soon as it has waited <see cref="Patience"/>: an answer
/// that comes at all comes sooner, so thousands of dead domains shorten each other's time and not that of one which is alive.
/// </summary>
/// <param name="limit">How many.</param>
/// <param name="clock">The clock.</param>
internal sealed class QuestionSlots(int limit, TimeProvider clock)
{
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly LinkedList<QuestionSlot> taken = [];
    private readonly LinkedList<TaskCompletionSource<QuestionSlot>> waiting = [];
    private ITimer? timer;

    /// <summary>Waits for a slot, in the order of asking; to be disposed when the question is answered.</summary>
    public async Task<QuestionSlot> EnterAsync(CancellationToken cancel)
    {
        LinkedListNode<TaskCompletionSource<QuestionSlot>> turn;
        lock (gate)
        {
            turn = waiting.AddLast(new TaskCompletionSource<QuestionSlot>(TaskCreationOptions.RunContinuationsAsynchronously));
            Serve();
        }
        await using CancellationTokenRegistration registration = cancel.Register(() =>
        {
            lock (gate)
            {
                if (turn.List is null) return;
                waiting.Remove(turn);
            }
            turn.Value.TrySetCanceled(cancel);
        });
        return await turn.Value.Task;
    }

    /// <summary>Gives a slot back.</summary>
    internal void Leave(QuestionSlot slot)
    {
        lock (gate)
        {
            // One that had to give way is gone already.
            if (slot.Place.List is null) return;
            taken.Remove(slot.Place);
            Serve();
        }
    }

    private void Serve()
    {
        while (waiting.First is { } next)
        {
            if (taken.Count >= limit)
            {
                QuestionSlot oldest = taken.First!.Value;
                TimeSpan left = Patience - clock.GetElapsedTime(oldest.Since);
                if (left > TimeSpan.Zero)
                {
                    timer ??= clock.CreateTimer(_ => OnTime(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    timer.Change(left, Timeout.InfiniteTimeSpan);
                    return;
                }
                taken.RemoveFirst();
                oldest.GiveWay();
            }
            waiting.RemoveFirst();
            var slot = new QuestionSlot(this, clock.GetTimestamp());
            taken.AddLast(slot.Place);
            next.Value.SetResult(slot);
        }
    }

    private void OnTime()
    {
        lock (gate) Serve();
    }
}
