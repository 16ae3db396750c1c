namespace PresenceXml.Server.Federation;

/// <summary>
/// Bounds what is tried at a time: questions to nameservers, links to be opened. When there are as many as may be, the oldest gives way as soon as it has
/// had its patience: what is answered at all is answered sooner, so thousands of dead domains shorten each other's time and not that of one which is
/// alive.
/// </summary>
/// <param name="limit">How many.</param>
/// <param name="patience">How long each has at least.</param>
/// <param name="clock">The clock.</param>
internal sealed class Turns(int limit, TimeSpan patience, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Turn> taken = [];
    private readonly LinkedList<TaskCompletionSource<Turn>> waiting = [];
    private ITimer? timer;

    /// <summary>Waits for a turn, in the order of asking; to be disposed when it is over.</summary>
    public async Task<Turn> EnterAsync(CancellationToken cancel)
    {
        LinkedListNode<TaskCompletionSource<Turn>> turn;
        lock (gate)
        {
            turn = waiting.AddLast(new TaskCompletionSource<Turn>(TaskCreationOptions.RunContinuationsAsynchronously));
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

    /// <summary>Gives a turn back.</summary>
    internal void Leave(Turn turn)
    {
        lock (gate)
        {
            // One that had to give way is gone already.
            if (turn.Place.List is null) return;
            taken.Remove(turn.Place);
            Serve();
        }
    }

    private void Serve()
    {
        while (waiting.First is { } next)
        {
            if (taken.Count >= limit)
            {
                Turn oldest = taken.First!.Value;
                TimeSpan left = patience - clock.GetElapsedTime(oldest.Since);
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
            var turn = new Turn(this, clock.GetTimestamp());
            taken.AddLast(turn.Place);
            next.Value.SetResult(turn);
        }
    }

    private void OnTime()
    {
        lock (gate) Serve();
    }
}
