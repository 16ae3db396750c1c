using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>Another server behind a link, without streams: takes what is carried, breaks lines where the test wants it, and knows what it got.</summary>
internal sealed class FarServer : ILinkOpener
{
    private readonly Lock gate = new();
    private readonly List<string> arrived = [];
    private TaskCompletionSource changed = NewSource();

    /// <summary>What becomes of the next attempt; the default opens a stream.</summary>
    public Func<FarStream?, LinkTrace, CancellationToken, Task<ILinkStream>> Open { get; set; }

    /// <summary>Whether streams have stream management.</summary>
    public bool IsManaged { get; set; } = true;

    /// <summary>Whether a new stream can say what a lost one had handled.</summary>
    public bool Remembers { get; set; } = true;

    public List<FarStream> Streams { get; } = [];

    public int Attempts { get; private set; }

    public FarServer() => Open = (lost, _, _) => Task.FromResult<ILinkStream>(Accept(lost));

    /// <summary>The ids of what it got, in order, over all streams.</summary>
    public IReadOnlyList<string> Arrived
    {
        get
        {
            lock (gate)
                return [.. arrived];
        }
    }

    public FarStream Accept(FarStream? lost = null)
    {
        var stream = new FarStream(this, lost);
        lock (gate)
            Streams.Add(stream);
        return stream;
    }

    public Task<ILinkStream> OpenAsync(DomainPair pair, ILinkStream? lost, LinkTrace trace, CancellationToken cancel)
    {
        lock (gate)
        {
            Attempts++;
            Change();
        }
        return Open((FarStream?)lost, trace, cancel);
    }

    /// <summary>Returns when something is so; what it looks at is looked at again whenever anything changes.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (isSo())
                    return;
                change = changed.Task;
            }
            await change.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    internal void Got(Stanza stanza)
    {
        lock (gate)
        {
            arrived.Add(stanza.Id!);
            Change();
        }
    }

    internal void Change()
    {
        lock (gate)
        {
            changed.TrySetResult();
            changed = NewSource();
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
