using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>
/// The one owner of everything that is sent from a domain of ours to one of another server: a queue, and a task that opens a stream while there is
/// something to send and has it carried. Order is kept. A stanza is the link's until it is confirmed; what was on a line that broke is sent again only if
/// the other side says that it has not got it. Its lock is a leaf: nothing is called under it.
/// </summary>
/// <param name="pair">Between whom.</param>
/// <param name="world">What all links share.</param>
/// <param name="before">The link between the same two that was forgotten; null when nothing is known of one.</param>
internal sealed class Link(DomainPair pair, LinkWorld world, LinkReport? before) : ILinkTraffic
{
    // A stream that ends so soon after it was opened, before anything was confirmed, so often in a row, is none: the domain is left alone for a while.
    private const int QuickLosses = 3;
    private const string Stops = "This server is shutting down.";
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(10);

    // Pauses before the next attempts to reach a domain that was reached a moment ago: what was on the lost stream is known there for some minutes, and a
    // line that broke is often whole again soon.
    private static readonly TimeSpan[] Again = [TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)];

    private readonly Lock door = new();
    private readonly LinkQueue queue = new(world);
    private TaskCompletionSource? reader;
    private CancellationTokenSource? attempt;
    private ILinkStream? current;
    private ILinkStream? offered;
    private LinkState state;
    private DateTimeOffset since = world.Clock.GetUtcNow();
    private long pausedAt;
    private TimeSpan pause;
    private long usedAt;
    private long openedAt;
    private int failures;
    private int quickLosses;
    private long confirmedBefore;
    private bool isRunning;
    private bool isForgotten;
    private bool isClosing;
    private bool isOffered;
    private volatile bool isGivenUp;
    // Was open, or heard, and did not fail since: it needs no turn.
    private bool isAlive = before is { IsAlive: true };
    private LinkFailure? failure = before?.Failure;
    private LinkTrace? trace;
    private LinkCounts counts = before?.Counts ?? default;

    public DomainPair Pair => pair;

    public int Unconfirmed
    {
        get
        {
            lock (door)
                return queue.Unconfirmed;
        }
    }

    /// <summary>Done when nothing is under way.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Since when it pauses, by the clock's timestamps; 0 while it never did.</summary>
    public long PausedAt
    {
        get
        {
            lock (door)
                return pausedAt;
        }
    }

    /// <summary>Takes a stanza. False: this link is forgotten, and there is to be another.</summary>
    /// <param name="stanza">What is to be sent.</param>
    /// <param name="error">Why it was not taken; null: it was.</param>
    public bool TryEnqueue(Stanza stanza, out StanzaError? error)
    {
        lock (door)
        {
            error = null;
            if (isForgotten)
                return false;
            if (state == LinkState.Pausing && world.Clock.GetElapsedTime(pausedAt) < pause)
                error = failure!.Condition;
            else if (!queue.TryAdd(stanza))
                error = StanzaError.ResourceConstraint with { Text = $"Too much waits to be sent to {pair.Remote}." };
            if (error is not null)
                return true;
            usedAt = world.Clock.GetTimestamp();
            // If the stream has not heard yet that it is idle, it is not.
            isClosing = world.IsStopping;
            Wake();
            Run();
            return true;
        }
    }

    /// <summary>
    /// A stream that the other server opened may carry this link. False: it has one of its own, may learn from its own what a lost one had, or is
    /// forgotten.
    /// </summary>
    public bool TryCarry(ILinkStream stream)
    {
        lock (door)
        {
            if (isForgotten || offered is not null || world.Stopping.IsCancellationRequested)
                return false;
            // One that the other server took up in place of the link's own is that one; that its line is gone may be heard of later. Any other knows
            // nothing of what a lost stream had, while the attempt under way may.
            bool isTakenUp = current is not null && stream.IsAfter(current);
            if (!isTakenUp && (state == LinkState.Open || queue.Unconfirmed > 0 || world.IsStopping))
                return false;
            offered = stream;
            // The attempt is over; what it still does is undone by itself.
            _ = attempt?.CancelAsync();
            Run();
            return true;
        }
    }

    /// <summary>The other server has proven itself on a stream of its own: it lives, so the pause is over.</summary>
    public void Heard()
    {
        lock (door)
        {
            isAlive = true;
            if (state != LinkState.Pausing)
                return;
            failures = 0;
            Enter(LinkState.Idle);
        }
    }

    /// <summary>A second has gone by: closes the stream if it was not used for long.</summary>
    public void Tick()
    {
        lock (door)
        {
            int idle = world.Options.IdleSeconds;
            if (idle == 0 || state != LinkState.Open || isOffered || !queue.IsEmpty || world.Clock.GetElapsedTime(usedAt).TotalSeconds < idle)
                return;
            isClosing = true;
            Wake();
        }
    }

    /// <summary>Forgets it if there is nothing to remember. True: it is gone.</summary>
    /// <param name="isForced">Also while it pauses.</param>
    public bool TryForget(bool isForced)
    {
        lock (door)
        {
            if (isRunning || !Running.IsCompleted || !queue.IsEmpty)
                return false;
            // What is known of a domain that was dead is of use a while longer than its pause.
            if (state == LinkState.Pausing && !isForced && world.Clock.GetElapsedTime(pausedAt) < 2 * pause)
                return false;
            return isForgotten = true;
        }
    }

    public LinkReport Describe()
    {
        lock (door)
            return new LinkReport(pair, state, since, queue.Waiting, queue.Unconfirmed, counts, failure, trace?.Lines ?? [], isAlive)
            {
                Manner = state == LinkState.Open ? current?.Manner : null,
                PausedUntil = state == LinkState.Pausing ? since + pause : null,
            };
    }

    /// <summary>Nothing more is sent than what is here.</summary>
    public void Close()
    {
        lock (door)
        {
            isClosing = true;
            Wake();
        }
    }

    /// <summary>
    /// The server is about to stop: unless it is open it fails, and what waits goes back while those who sent it are still there. Done when that was done.
    /// </summary>
    public Task GiveUpAsync()
    {
        lock (door)
        {
            if (!isRunning || state == LinkState.Open)
                return Task.CompletedTask;
            isGivenUp = true;
            _ = attempt?.CancelAsync();
            return Running;
        }
    }

    public async ValueTask<bool> ReadAsync(List<Stanza> batch, CancellationToken cancel)
    {
        batch.Clear();
        while (true)
        {
            Task wait;
            lock (door)
            {
                if (queue.TryTake(batch))
                    return true;
                if (isClosing && queue.Waiting == 0)
                    return false;
                wait = (reader ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await wait.WaitAsync(cancel);
        }
    }

    public void Confirm(int count)
    {
        lock (door)
        {
            queue.Confirm(count);
            counts = counts with { Confirmed = counts.Confirmed + count };
            usedAt = world.Clock.GetTimestamp();
            Wake();
        }
    }

    // Under the door.
    private void Wake()
    {
        reader?.TrySetResult();
        reader = null;
    }

    // Under the door.
    private void Enter(LinkState next)
    {
        state = next;
        since = world.Clock.GetUtcNow();
    }

    // Under the door; whoever holds others' locks waits for nothing.
    private void Run()
    {
        if (isRunning)
            return;
        isRunning = true;
        // The one before may still give back what it could not send.
        Running = Running.IsCompleted ? RunAsync() : Task.WhenAll(Running, RunAsync());
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ILinkStream? last = null;
        int tries = 0;
        try
        {
            while (true)
            {
                (ILinkStream? stream, LinkFailure? failed) = await OpenAsync(last);
                if (stream is null)
                {
                    if (last is not null && tries < Again.Length && !world.Stopping.IsCancellationRequested && !isGivenUp)
                    {
                        await RestAsync(Again[tries++]);
                        continue;
                    }
                    Fail(failed!);
                    return;
                }
                tries = 0;
                Begin(stream);
                if (last is not null)
                    await last.DisposeAsync();
                last = stream;
                LinkEnd end = await stream.CarryAsync(this, world.Stopping.Token);
                if (!End(stream, end))
                    return;
            }
        }
#pragma warning disable CA1031 // Our bug must not leave a link that never sends again; logged, and what waits goes back.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            FederationLog.LinkBroken(world.Log, exception, pair.Local, pair.Remote);
            Fail(new LinkFailure(world.Clock.GetUtcNow(), LinkStep.Open, "This server failed; its log says more.", StanzaError.InternalServerError));
        }
        finally
        {
            if (last is not null)
                await last.DisposeAsync();
        }
    }

    // Or until a stream offers itself, or the server stops.
    private async Task RestAsync(TimeSpan time)
    {
        CancellationTokenSource mine;
        lock (door)
        {
            if (offered is not null || isGivenUp)
                return;
            mine = attempt = CancellationTokenSource.CreateLinkedTokenSource(world.Stopping.Token);
        }
        await Task.Delay(time, world.Clock, mine.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (door)
            attempt = null;
        mine.Dispose();
    }

    private async Task<(ILinkStream? Stream, LinkFailure? Failure)> OpenAsync(ILinkStream? lost)
    {
        CancellationTokenSource mine;
        bool isKnown;
        LinkTrace steps = new(world.Clock);
        lock (door)
        {
            if (Choose(null) is { } ready)
                return (ready, null);
            if (isGivenUp)
                return (null, Failed(LinkStep.Open, Stops));
            mine = attempt = CancellationTokenSource.CreateLinkedTokenSource(world.Stopping.Token);
            isKnown = isAlive;
            trace = steps;
            Enter(isKnown ? LinkState.Opening : LinkState.Waiting);
        }
        LinkFailure? failed = null;
        ILinkStream? opened = null;
        try
        {
            opened = await OpenInTurnAsync(lost, isKnown, steps, mine.Token);
        }
        catch (LinkFailedException exception)
        {
            // One that was given up says what it had come to, which is not why.
            failed = mine.IsCancellationRequested
                ? Failed(exception.Step, Stops)
                : new LinkFailure(world.Clock.GetUtcNow(), exception.Step, exception.Message, exception.Condition) { Remedy = exception.Remedy };
        }
        catch (OperationCanceledException)
        {
            failed = Failed(LinkStep.Open, Stops);
        }
        finally
        {
            lock (door)
                attempt = null;
            mine.Dispose();
        }
        ILinkStream? chosen;
        lock (door)
            chosen = Choose(opened);
        // The one that was offered knows as much, or there is nothing to be known.
        if (opened is not null && opened != chosen)
            await opened.DisposeAsync();
        return (chosen, failed);
    }

    private async Task<ILinkStream> OpenInTurnAsync(ILinkStream? lost, bool isKnown, LinkTrace steps, CancellationToken cancel)
    {
        using Turn? turn = isKnown ? null : await world.Turns.EnterAsync(cancel);
        lock (door)
            Enter(LinkState.Opening);
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(world.Options.OpenSeconds), world.Clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, time.Token);
        // One that is connected lives, and what is left takes its time: others have the turn, but it goes on.
        await using CancellationTokenRegistration way = (turn?.Token ?? default).Register(() =>
        {
            if (steps.Step <= LinkStep.Connect)
                limit.Cancel();
        });
        try
        {
            return await world.Opener.OpenAsync(pair, lost is { IsManaged: true } ? lost : null, steps, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            string reason = time.IsCancellationRequested
                ? $"{pair.Remote} could not be reached within {world.Options.OpenSeconds} s ({Doing(steps.Step)})."
                : $"Too many domains are being tried at the moment; {pair.Remote} did not answer soon enough ({Doing(steps.Step)}).";
            throw new LinkFailedException(steps.Step, StanzaError.RemoteServerTimeout, reason) { Remedy = Remedies.TooSlow(steps.Step, pair.Remote) };
        }
    }

    private static string Doing(LinkStep step) => step switch
    {
        LinkStep.Policy or LinkStep.Resolve => "looking up where its server is",
        LinkStep.Connect => "connecting",
        LinkStep.Stream => "opening a stream",
        LinkStep.Tls => "encrypting",
        LinkStep.Prove => "proving who this server is",
        _ => "at the end",
    };

    // Under the door. From here on the link is open: what would be offered now comes too late, for it knows nothing of what is sent on this one.
    private ILinkStream? Choose(ILinkStream? opened)
    {
        isOffered = offered is not null;
        ILinkStream? chosen = offered ?? opened;
        offered = null;
        if (chosen is null)
            return null;
        current = chosen;
        Enter(LinkState.Open);
        return chosen;
    }

    // What the lost stream left is confirmed, sent again, or unsure.
    private void Begin(ILinkStream stream)
    {
        List<Stanza> unsure = [];
        lock (door)
        {
            openedAt = usedAt = world.Clock.GetTimestamp();
            isAlive = true;
            failures = 0;
            isClosing = world.IsStopping;
            counts = counts with { Opened = counts.Opened + 1 };
            confirmedBefore = counts.Confirmed;
            // Who claims more than was sent is not believed.
            if (queue.Unconfirmed > 0 && stream.HandledBefore is { } handled && handled >= 0 && handled <= queue.Unconfirmed)
            {
                queue.Confirm(handled);
                queue.SendAgain();
                counts = counts with { Confirmed = counts.Confirmed + handled };
            }
            else
            {
                TakeUnsure(unsure);
            }
        }
        FederationLog.Opened(world.Log, pair.Local, pair.Remote, stream.Manner);
        ReturnUnsure(unsure);
    }

    // Under the door.
    private void TakeUnsure(List<Stanza> into)
    {
        queue.TakeUnconfirmed(into);
        counts = counts with { Unsure = counts.Unsure + into.Count };
    }

    // False: nothing is left to do.
    private bool End(ILinkStream stream, LinkEnd end)
    {
        List<Stanza> unsure = [];
        bool isBroken, isDone;
        lock (door)
        {
            bool isQuick = world.Clock.GetElapsedTime(openedAt) < Quick;
            // One that closes in good order without having taken anything is no better.
            quickLosses = isQuick && counts.Confirmed == confirmedBefore && !queue.IsEmpty ? quickLosses + 1 : 0;
            if (end.IsLost)
                failure = Failed(LinkStep.Open, end.Reason);
            if (!stream.IsManaged)
                TakeUnsure(unsure);
            isBroken = quickLosses >= QuickLosses || (world.Stopping.IsCancellationRequested && !queue.IsEmpty);
            isClosing = world.IsStopping;
            isDone = !isBroken && queue.IsEmpty && offered is null;
            if (isDone)
                current = null;
            // From here on another task may run.
            isRunning = !isDone;
            Enter(isDone ? LinkState.Idle : LinkState.Opening);
        }
        if (end.IsLost)
            FederationLog.Lost(world.Log, pair.Local, pair.Remote, end.Reason);
        else
            FederationLog.Closed(world.Log, pair.Local, pair.Remote, end.Reason);
        ReturnUnsure(unsure);
        if (isBroken)
        {
            Fail(Failed(LinkStep.Open, world.Stopping.IsCancellationRequested ? Stops : end.Reason));
            return false;
        }
        return !isDone;
    }

    private LinkFailure Failed(LinkStep step, string reason) =>
        new(world.Clock.GetUtcNow(), step, reason, StanzaError.RemoteServerTimeout with { Text = reason });

    // Everything goes back, and the domain is left alone for a while.
    private void Fail(LinkFailure failed)
    {
        List<Stanza> unsure = [];
        List<Stanza> unsent = [];
        LinkFailure? last;
        lock (door)
        {
            last = isAlive ? null : failure;
            failure = failed;
            failures++;
            pause = world.Pauses.After(failures);
            pausedAt = world.Clock.GetTimestamp();
            quickLosses = 0;
            isAlive = false;
            current = null;
            isRunning = false;
            Enter(LinkState.Pausing);
            TakeUnsure(unsure);
            queue.TakeWaiting(unsent);
            counts = counts with { Returned = counts.Returned + unsent.Count };
            // One that came at the last moment is not lost with it.
            if (offered is not null)
                Run();
        }
        world.FailureLines.Tell(pair, failed, last, unsent.Count, pause);
        ReturnUnsure(unsure);
        foreach (Stanza stanza in unsent)
            Return(stanza, failed.Condition);
        // When this server stops, the other one is still there.
        if (!world.Stopping.IsCancellationRequested && !isGivenUp)
            world.Unreachable(pair);
    }

    private void ReturnUnsure(List<Stanza> unsure)
    {
        if (unsure.Count == 0)
            return;
        FederationLog.Unsure(world.Log, pair.Local, pair.Remote, unsure.Count);
        StanzaError error = StanzaError.RemoteServerTimeout with { Text = $"The connection to {pair.Remote} was lost; this may or may not have arrived." };
        foreach (Stanza stanza in unsure)
            Return(stanza, error);
    }

    private void Return(Stanza stanza, StanzaError error)
    {
        if (LinkEntry.Answer(stanza, error) is { } answer)
            world.Returned(answer);
    }
}
