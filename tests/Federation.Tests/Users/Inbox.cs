using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests.Users;

/// <summary>What came on a stream, in order, until somebody takes it.</summary>
public sealed class Inbox
{
    private readonly Lock gate = new();
    private readonly List<Element> waiting = [];
    private readonly List<Element> taken = [];
    private TaskCompletionSource changed = New();
    private bool closed;

    public IReadOnlyList<Element> Waiting
    {
        get { lock (gate) return [.. waiting]; }
    }

    /// <summary>Done when something more has come, or nothing more will.</summary>
    public Task ChangedAsync()
    {
        lock (gate) return closed ? Task.CompletedTask : changed.Task;
    }

    public void Add(Element element) => Change(() => waiting.Add(element));

    /// <summary>Nothing more will come.</summary>
    public void Close() => Change(() => closed = true);

    /// <summary>The first that matches; waits for it.</summary>
    /// <exception cref="AssertionException">It did not come in time, or cannot any more; tells what came.</exception>
    public async Task<Element> TakeAsync(string what, Func<Element, bool> match, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            Task next;
            lock (gate)
            {
                int index = waiting.FindIndex(element => match(element));
                if (index >= 0)
                {
                    Element found = waiting[index];
                    waiting.RemoveAt(index);
                    taken.Add(found);
                    return found;
                }
                if (closed || limit.IsCancellationRequested)
                    throw new AssertionException($"{what} did not come. The stream {(closed ? "ended" : "is open")}. Waiting:\n{Lines(waiting)}\nTaken before:\n{Lines(taken)}");
                next = changed.Task;
            }
            await next.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>All that came so far and matches; forgotten, also for the message of a failure.</summary>
    public IReadOnlyList<Element> TakeAll(Func<Element, bool> match)
    {
        lock (gate)
        {
            Element[] found = [.. waiting.Where(match)];
            waiting.RemoveAll(element => match(element));
            return found;
        }
    }

    private static string Lines(List<Element> elements) => string.Join('\n', elements.Select(static element => "  " + element));

    private void Change(Action change)
    {
        TaskCompletionSource was;
        lock (gate)
        {
            change();
            (was, changed) = (changed, New());
        }
        was.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
