using System.Runtime.InteropServices;
using PresenceXml.Protocol;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// The part of all logs that is durable in the journal and not merged into chunks yet. Changed by the writer's thread alone, under
/// <see cref="Gate"/>; read by anyone under it.
/// </summary>
internal sealed class LogTails
{
    private readonly Dictionary<LogKey, LogTail> tails = [];
    private long changes;

    /// <summary>Held for moments only, never while the database is asked: a commit waits for it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>
    /// Holds chunks and tails together, so that nothing is seen twice or missed: held by the writer while it commits a change of chunks and
    /// drops what of the tails is in them. A reader, which pins a database snapshot and takes its view of a tail, looks at
    /// <see cref="Changes"/> before and after, and takes the lock only when that differs. Before <see cref="Gate"/>.
    /// </summary>
    public Lock Changing { get; } = new();

    /// <summary>Odd while chunks and tails do not fit together.</summary>
    public long Changes => Volatile.Read(ref changes);

    /// <summary>Commits a change of chunks and does to the tails what belongs to it.</summary>
    /// <param name="commit">Nothing has changed when it throws.</param>
    /// <param name="apply">Under <see cref="Gate"/>.</param>
    public void Change(Action commit, Action apply)
    {
        lock (Changing)
        {
            Interlocked.Increment(ref changes);
            try
            {
                commit();
                lock (Gate) apply();
            }
            finally
            {
                Interlocked.Increment(ref changes);
            }
        }
    }

    /// <summary>Approximate memory of all tails.</summary>
    public long Bytes { get; private set; }

    public int Count => tails.Count;

    public IEnumerable<LogKey> Keys => tails.Keys;

    public void Append(LogKey key, in TailEntry entry)
    {
        var tail = Of(key);
        Bytes -= tail.Bytes;
        tail.Append(entry);
        Bytes += tail.Bytes;
    }

    public void Mark(LogKey key, long sequence, bool deleted)
    {
        var tail = Of(key);
        Bytes -= tail.Bytes;
        tail.Mark(sequence, deleted);
        Bytes += tail.Bytes;
    }

    /// <summary>Puts an entry that is here into another box.</summary>
    public void Move(LogKey key, long sequence, string box)
    {
        if (tails.TryGetValue(key, out var tail)) tail.Move(sequence, box);
    }

    public void Remove(LogKey key)
    {
        if (tails.Remove(key, out var tail)) Bytes -= tail.Bytes;
    }

    public void RemoveAccount(Jid account)
    {
        foreach (var key in tails.Keys.Where(key => key.Account == account).ToArray())
            Remove(key);
    }

    public bool TryView(LogKey key, out LogTail.View view)
    {
        var found = tails.TryGetValue(key, out var tail);
        view = found ? tail!.Snapshot() : default;
        return found;
    }

    private LogTail Of(LogKey key)
    {
        ref var tail = ref CollectionsMarshal.GetValueRefOrAddDefault(tails, key, out _);
        return tail ??= new();
    }
}
