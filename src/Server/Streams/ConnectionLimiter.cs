using System.Collections.Concurrent;

namespace PresenceXml.Server.Streams;

/// <summary>Counts the open connections of each address prefix (XEP-0205 §2.1).</summary>
/// <param name="limit">Connections one prefix may have at a time; 0 for any number.</param>
internal sealed class ConnectionLimiter(int limit)
{
    private readonly ConcurrentDictionary<AddressPrefix, int> open = new();

    /// <summary>Counts one more; false when the prefix has as many as it may.</summary>
    public bool TryEnter(AddressPrefix prefix)
    {
        if (open.AddOrUpdate(prefix, 1, static (_, count) => count + 1) <= limit || limit == 0) return true;
        Leave(prefix);
        return false;
    }

    /// <summary>To be called once for each successful <see cref="TryEnter"/>.</summary>
    public void Leave(AddressPrefix prefix)
    {
        while (open.TryGetValue(prefix, out int count))
        {
            bool done = count > 1
                ? open.TryUpdate(prefix, count - 1, count)
                : open.TryRemove(KeyValuePair.Create(prefix, count));
            if (done) return;
        }
    }

    /// <summary>Prefixes with an open connection.</summary>
    public int Prefixes => open.Count;
}
