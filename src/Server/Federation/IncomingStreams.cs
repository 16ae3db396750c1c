using System.Collections.Concurrent;

namespace PresenceXml.Server.Federation;

/// <summary>The streams that other servers have open to us, for the operator; and who wants to hear what happens on them while a domain is being tested.</summary>
internal sealed class IncomingStreams
{
    private readonly ConcurrentDictionary<object, Func<IEnumerable<IncomingReport>>> streams = new();
    private readonly ConcurrentDictionary<LinkTrace, DomainPair> watchers = new();

    /// <summary>A stream is open.</summary>
    /// <param name="stream">Which; the key to <see cref="Remove"/> it.</param>
    /// <param name="describe">Tells for whom it was proven; from any thread.</param>
    public void Add(object stream, Func<IEnumerable<IncomingReport>> describe) => streams[stream] = describe;

    public void Remove(object stream) => streams.TryRemove(stream, out _);

    /// <summary>All that were proven.</summary>
    public IReadOnlyList<IncomingReport> Describe() =>
        [.. streams.Values.SelectMany(static describe => describe()).OrderBy(static report => report.Pair.Remote, StringComparer.Ordinal).ThenBy(static report => report.Pair.Local, StringComparer.Ordinal)];

    /// <summary>From now on the trace gets what is noted of this pair.</summary>
    public void Watch(DomainPair pair, LinkTrace trace) => watchers[trace] = pair;

    public void Unwatch(LinkTrace trace) => watchers.TryRemove(trace, out _);

    /// <summary>Something was found out about who connects; for who watches.</summary>
    public void Note(DomainPair pair, string sentence)
    {
        if (watchers.IsEmpty) return;
        foreach ((LinkTrace trace, DomainPair watched) in watchers)
            if (watched == pair) trace.Add(sentence);
    }
}
