namespace PresenceXml.Server.Federation.Dns;

/// <summary>Answers that are still valid. Bounded: those not used for the longest time are forgotten first.</summary>
/// <param name="limit">Records it may hold; an answer without any counts as one.</param>
/// <param name="clock">The clock.</param>
internal sealed class DnsCache(int limit, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<DnsQuestion, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = [];
    private int size;

    private sealed record Entry(DnsQuestion Question, DnsAnswer Answer, long Since)
    {
        public int Size => Math.Max(1, Answer.Records.Count);
    }

    /// <summary>Records it holds.</summary>
    public int Size
    {
        get
        {
            lock (gate) return size;
        }
    }

    /// <summary>The answer, when there is one that is still valid.</summary>
    public DnsAnswer? Find(DnsQuestion question)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(question, out LinkedListNode<Entry>? node)) return null;
            byUse.Remove(node);
            if (clock.GetElapsedTime(node.Value.Since) >= node.Value.Answer.Lifetime)
            {
                Forget(node);
                return null;
            }
            byUse.AddFirst(node);
            return node.Value.Answer;
        }
    }

    /// <summary>Keeps an answer for its lifetime, in place of an older one.</summary>
    public void Add(DnsQuestion question, DnsAnswer answer)
    {
        var entry = new Entry(question, answer, clock.GetTimestamp());
        if (answer.Lifetime <= TimeSpan.Zero || entry.Size > limit) return;
        lock (gate)
        {
            if (entries.TryGetValue(question, out LinkedListNode<Entry>? old))
            {
                byUse.Remove(old);
                Forget(old);
            }
            while (size + entry.Size > limit && byUse.Last is { } last)
            {
                byUse.Remove(last);
                Forget(last);
            }
            entries[question] = byUse.AddFirst(entry);
            size += entry.Size;
        }
    }

    /// <param name="node">One that is out of <see cref="byUse"/> already.</param>
    private void Forget(LinkedListNode<Entry> node)
    {
        entries.Remove(node.Value.Question);
        size -= node.Value.Size;
    }
}
