namespace PresenceXml.Server.Sessions;

/// <summary>
/// The commits of what a session sent and was not yet acknowledged (docs/architecture.md, "The inbox and the acknowledgement"): by an
/// answered iq, or, with stream management, by the number of the last stanza that is handled for good.
/// </summary>
internal sealed class CommitBarrier
{
    // Guards itself: the stream's reader adds, and an answer that waited for a commit looks.
    private readonly List<Pending> commits = [];
    private bool failed;
    private uint? failedAt;

    /// <summary>True once something that was counted could not be stored.</summary>
    public bool HasFailed
    {
        get
        {
            lock (commits)
            {
                Trim();
                return failedAt is not null;
            }
        }
    }

    /// <param name="commit">When it is durable.</param>
    /// <param name="count">Which stanza it is of, counted by stream management; 0 without.</param>
    public void Add(Task commit, uint count)
    {
        lock (commits)
        {
            if (commits.Count > 0 && ReferenceEquals(commits[^1].Commit, commit))
            {
                // The first that is counted, or its failure would be that of none.
                if (commits[^1].Count == 0)
                    commits[^1] = new Pending(commit, count);
                return;
            }
            Trim();
            commits.Add(new Pending(commit, count));
        }
    }

    /// <summary>Waits until everything sent before is durable. False: something of it could not be stored; told once.</summary>
    public ValueTask<bool> PassAsync()
    {
        lock (commits)
        {
            Trim();
            if (commits.Count == 0)
                return new(Told());
        }
        return PassSlowlyAsync();
    }

    /// <summary>How many of <paramref name="handled"/> stanzas are durable, in one row from the first (XEP-0198 §4: only what this server answers for).</summary>
    public uint Durable(uint handled)
    {
        lock (commits)
        {
            Trim();
            if (failedAt is { } lost)
                return unchecked(lost - 1);
            return commits.Count > 0 ? unchecked(commits[0].Count - 1) : handled;
        }
    }

    /// <summary>Waits until nothing is under way any more that is there now.</summary>
    public async ValueTask SettleAsync()
    {
        Task[] all;
        lock (commits)
        {
            if (commits.Count == 0)
                return;
            all = [.. commits.Select(static pending => pending.Commit)];
        }
        foreach (Task commit in all)
            await commit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async ValueTask<bool> PassSlowlyAsync()
    {
        await SettleAsync();
        lock (commits)
        {
            Trim();
            return Told();
        }
    }

    private bool Told()
    {
        bool passed = !failed;
        failed = false;
        return passed;
    }

    // They are done in their order, but for one that failed before it was enqueued.
    private void Trim()
    {
        int left = 0;
        for (int i = 0; i < commits.Count; i++)
        {
            Pending pending = commits[i];
            if (!pending.Commit.IsCompleted)
            {
                commits[left++] = pending;
            }
            else if (!pending.Commit.IsCompletedSuccessfully)
            {
                failed = true;
                if (pending.Count != 0 && (failedAt is not { } first || unchecked((int)(pending.Count - first)) < 0))
                    failedAt = pending.Count;
            }
        }
        commits.RemoveRange(left, commits.Count - left);
    }

    private readonly record struct Pending(Task Commit, uint Count);
}
