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

    /// <summary>
    /// Holds chunks and tails together: a reader pins its database snapshot and takes its view of a tail under it, the writer commits a
    /// merge and drops the merged tails under it. So nothing is seen twice or missed.
    /// </summary>
    public Lock Gate { get; } = new();

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
