using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// The messages with an origin-id that an account sent lately and that were stored: what a client sends again, because the line died before
/// it knew, is recognised here and stored once (XEP-0359 1.0 §3 makes the id the sender's own; XEP-0198 1.6 §5 leaves what to repeat to it).
/// In memory with the account, the newest <see cref="Most"/> of a day; read from its log when it is first needed.
/// </summary>
internal sealed class RecentlySent
{
    /// <summary>More than a client leaves unacknowledged; 14 KB when they are all used.</summary>
    internal const int Most = 512;

    /// <summary>Entries of the log, sent and received, that are looked through for them.</summary>
    private const int MostRead = 1024;

    // One read holds so many in memory at most, whatever their size.
    private const int Step = 64;

    private static readonly TimeSpan Lately = TimeSpan.FromDays(1);

    // A ring, beginning at 0 until it is full; apart, so that looking one up is one run over the first.
    private ulong[] lows = [];
    private ulong[] highs = [];
    private long[] times = [];
    private int count;
    private int next;

    // Behind the entries whose commits are known to have succeeded: at most what the store has not written yet.
    private readonly Queue<(int Index, MessageDigest Digest, Task Commit)> pending = new();

    /// <summary>Held while one of the account's sessions has a message with an origin-id looked up, delivered and added: of two that send the same at once one is first. Outside every gate.</summary>
    public Lock Order { get; } = new();

    /// <summary>Reads what the account sent, before anything is asked.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public static async Task<RecentlySent> LoadAsync(StorageEngine engine, Jid account, DateTimeOffset now)
    {
        var recent = new RecentlySent();
        var found = new List<(MessageDigest Digest, DateTimeOffset Time)>();
        var query = new LogQuery { Start = now - Lately, Backwards = true, Limit = Step };
        IReadOnlyList<LogEntry> entries;
        int read = 0;
        do
        {
            entries = await engine.ReadLogAsync(InboxStore.Log, account, query);
            foreach (LogEntry entry in entries.Reverse())
            {
                // Who writes to himself has it once, as received.
                if ((entry.Outgoing || entry.Peer == account)
                    && StanzaReader.ReadCanonical(entry.Content) is Message message && MessageDigest.Of(message) is { } digest)
                {
                    found.Add((digest, entry.Time));
                }
                query = query with { Before = entry.Sequence };
            }
            read += entries.Count;
        }
        while (entries.Count == Step && read < MostRead);
        for (int i = found.Count - 1; i >= 0; i--)
            recent.Add(found[i].Digest, found[i].Time, Task.CompletedTask);
        return recent;
    }

    /// <summary>True when it was sent before, and stored or about to be. Under <see cref="Order"/>.</summary>
    /// <param name="digest">The message.</param>
    /// <param name="now">The time.</param>
    /// <param name="commit">When the first one is durable.</param>
    public bool TryFind(MessageDigest digest, DateTimeOffset now, out Task commit)
    {
        Settle();
        commit = Task.CompletedTask;
        long since = (now - Lately).UtcTicks;
        for (int start = 0; lows.AsSpan(start, count - start).IndexOf(digest.Low) is >= 0 and int found; start += found + 1)
        {
            if (highs[start + found] != digest.High || times[start + found] < since)
                continue;
            foreach ((int index, MessageDigest waiting, Task task) in pending)
            {
                if (index == start + found && waiting == digest)
                    commit = task;
            }
            return true;
        }
        return false;
    }

    /// <summary>A message was stored. Under <see cref="Order"/>.</summary>
    public void Add(MessageDigest digest, DateTimeOffset time, Task commit)
    {
        if (next == lows.Length)
            Grow();
        (lows[next], highs[next], times[next]) = (digest.Low, digest.High, time.UtcTicks);
        if (!commit.IsCompletedSuccessfully)
            pending.Enqueue((next, digest, commit));
        count = Math.Max(count, next + 1);
        next = next + 1 == Most ? 0 : next + 1;
    }

    private void Grow()
    {
        int size = Math.Min(Most, Math.Max(16, 2 * next));
        Array.Resize(ref lows, size);
        Array.Resize(ref highs, size);
        Array.Resize(ref times, size);
    }

    // What could not be stored was not sent.
    private void Settle()
    {
        while (pending.TryPeek(out (int Index, MessageDigest Digest, Task Commit) first) && first.Commit.IsCompleted)
        {
            pending.Dequeue();
            // Its place may be another's by now.
            if (!first.Commit.IsCompletedSuccessfully && lows[first.Index] == first.Digest.Low && highs[first.Index] == first.Digest.High)
                times[first.Index] = 0;
        }
    }
}
