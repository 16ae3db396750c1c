using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>
/// A server whose lines break at any moment: before a stanza, behind it, before and behind an acknowledgement. It knows what it got, and says so when it is
/// asked what a lost stream had, as far as it may.
/// </summary>
/// <param name="seed">What happens when.</param>
internal sealed class RandomPeer(int seed) : ILinkOpener
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private readonly List<string> arrived = [];
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool wasFruitless;

    /// <summary>Streams have stream management.</summary>
    public bool IsManaged { get; init; } = true;

    /// <summary>How often it cannot say what a lost stream had, of 100.</summary>
    public int Forgets { get; init; }

    /// <summary>How often nobody can connect, of 100.</summary>
    public int Refuses { get; init; }

    /// <summary>From now on nothing breaks.</summary>
    public bool IsSound { get; set; }

    /// <summary>Where streams offer themselves that it opened.</summary>
    public RemoteDomains? Domains { get; set; }

    public int Streams { get; private set; }

    public IReadOnlyList<string> Arrived
    {
        get
        {
            lock (gate)
                return [.. arrived];
        }
    }

    /// <summary>Waits until so many have arrived.</summary>
    public async Task ReachAsync(int count, CancellationToken cancel)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (arrived.Count >= count)
                    return;
                next = more.Task;
            }
            await next.WaitAsync(cancel);
        }
    }

    public async Task<ILinkStream> OpenAsync(DomainPair pair, ILinkStream? lost, LinkTrace trace, CancellationToken cancel)
    {
        var before = (RandomStream?)lost;
        if (!IsSound && Draw(Refuses))
            throw new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, "Nobody listens.");
        var stream = new RandomStream(this) { Before = before, HandledBefore = before is null || Draw(Forgets) ? null : before.Unacknowledged };
        if (before is not { IsTheirs: true } || IsSound || !Draw(80))
            return stream;
        // What it opened itself it also takes up itself.
        stream.IsTheirs = true;
        if (!Domains!.TryCarry(pair, stream))
            return stream;
        await Task.Delay(Timeout.Infinite, cancel);
        return stream;
    }

    /// <summary>It opens a stream of its own, and lets the link use it.</summary>
    public void Offer(DomainPair pair) => Domains!.TryCarry(pair, new RandomStream(this) { IsTheirs = true });

    private void Take(Stanza stanza)
    {
        lock (gate)
        {
            arrived.Add(stanza.Id!);
            more.TrySetResult();
            more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private bool Draw(int ofHundred)
    {
        lock (gate)
            return random.Next(100) < ofHundred;
    }

    private sealed class RandomStream(RandomPeer peer) : ILinkStream
    {
        private int handled;
        private int acknowledged;

        public bool IsManaged => peer.IsManaged;
        public int? HandledBefore { get; init; }
        public RandomStream? Before { get; init; }
        public bool IsTheirs { get; set; }
        public int Unacknowledged => handled - acknowledged;

        public bool IsAfter(ILinkStream lost) => lost == Before;

        public async Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel)
        {
            peer.Streams++;
            // Two in a row on which nothing arrives are enough: after the third the link gives up.
            bool mayBreak = !peer.wasFruitless;
            var batch = new List<Stanza>();
            try
            {
                while (await traffic.ReadAsync(batch, cancel))
                {
                    foreach (Stanza stanza in batch)
                    {
                        if (mayBreak && Breaks(out LinkEnd end))
                            return end;
                        peer.Take(stanza);
                        handled++;
                        mayBreak = true;
                        if (Breaks(out end))
                            return end;
                    }
                    if (!peer.IsSound && peer.Draw(30))
                        continue;
                    Acknowledge(traffic);
                    if (Breaks(out LinkEnd late))
                        return late;
                }
                Acknowledge(traffic);
                return new LinkEnd(IsLost: false, "closed");
            }
            catch (OperationCanceledException)
            {
                return new LinkEnd(IsLost: false, "cancelled");
            }
            finally
            {
                peer.wasFruitless = handled == 0;
            }
        }

        public ValueTask DisposeAsync() => default;

        private void Acknowledge(ILinkTraffic traffic)
        {
            traffic.Confirm(handled - acknowledged);
            acknowledged = handled;
        }

        private bool Breaks(out LinkEnd end)
        {
            end = new LinkEnd(IsLost: peer.Draw(70), "broken");
            return !peer.IsSound && peer.Draw(4);
        }
    }
}
