namespace PresenceXml.Server.Federation.Dns;

/// <summary>The order in which the targets of SRV records are tried (RFC 2782).</summary>
internal static class ServiceOrder
{
    /// <summary>By priority; those of the same priority at random, by weight.</summary>
    /// <param name="targets">Both kinds together (XEP-0368 1.1.0 §3: all priorities and weights are mixed).</param>
    /// <param name="random">The chance.</param>
    /// <param name="record">The record of a target.</param>
    public static IEnumerable<T> Sort<T>(IEnumerable<T> targets, Random random, Func<T, ServiceRecord> record) =>
        targets.GroupBy(target => record(target).Priority).OrderBy(static group => group.Key).SelectMany(group => Draw([.. group], random, target => record(target).Weight));

    private static IEnumerable<T> Draw<T>(T[] all, Random random, Func<T, int> weight)
    {
        // In any order, but those of weight 0 first, which so have a very small chance; the order within is left to chance too.
        random.Shuffle(all);
        List<T> left = [.. all.OrderBy(target => weight(target) > 0)];
        while (left.Count > 0)
        {
            int drawn = random.Next(left.Sum(weight) + 1);
            int sum = 0;
            int index = left.FindIndex(target => (sum += weight(target)) >= drawn);
            yield return left[index];
            left.RemoveAt(index);
        }
    }
}
