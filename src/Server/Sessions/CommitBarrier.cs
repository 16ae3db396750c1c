namespace PresenceXml.Server.Sessions;

/// <summary>
/// The commits of what a stream sent and was not yet acknowledged by an answered iq (docs/architecture.md, "The inbox and the
/// acknowledgement"). Used by the stream's reader only.
/// </summary>
internal sealed class CommitBarrier
{
    private readonly List<Task> commits = [];
    private bool failed;

    public void Add(Task commit)
    {
        if (commits.Count > 0 && ReferenceEquals(commits[^1], commit))
            return;
        for (int i = commits.Count - 1; i >= 0; i--)
        {
            if (!commits[i].IsCompleted)
                continue;
            failed |= !commits[i].IsCompletedSuccessfully;
            commits.RemoveAt(i);
        }
        commits.Add(commit);
    }

    /// <summary>Waits until everything sent before is durable. False: something of it could not be stored; told once.</summary>
    public ValueTask<bool> PassAsync()
    {
        foreach (Task commit in commits)
        {
            if (!commit.IsCompletedSuccessfully)
                return PassSlowlyAsync();
        }
        commits.Clear();
        bool passed = !failed;
        failed = false;
        return new(passed);
    }

    private async ValueTask<bool> PassSlowlyAsync()
    {
        foreach (Task commit in commits)
        {
            await commit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            failed |= !commit.IsCompletedSuccessfully;
        }
        commits.Clear();
        bool passed = !failed;
        failed = false;
        return passed;
    }
}
