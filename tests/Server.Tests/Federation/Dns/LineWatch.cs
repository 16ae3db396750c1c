namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>Lets a test wait for a sentence.</summary>
internal sealed class LineWatch
{
    private readonly Lock gate = new();
    private readonly List<string> seen = [];
    private readonly List<(string Text, TaskCompletionSource Seen)> waiting = [];

    public void Add(string line)
    {
        lock (gate)
        {
            seen.Add(line);
            foreach ((string text, TaskCompletionSource found) in waiting)
                if (line.Contains(text, StringComparison.Ordinal)) found.TrySetResult();
        }
    }

    /// <summary>Until a line that contains a text has come.</summary>
    public Task ForAsync(string text, CancellationToken cancel)
    {
        lock (gate)
        {
            if (seen.Any(line => line.Contains(text, StringComparison.Ordinal))) return Task.CompletedTask;
            var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((text, found));
            return found.Task.WaitAsync(cancel);
        }
    }
}
