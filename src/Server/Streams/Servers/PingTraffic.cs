using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>A link's traffic that is one ping and nothing else.</summary>
internal sealed class PingTraffic(DomainPair pair, Iq ping) : ILinkTraffic
{
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int taken;

    public DomainPair Pair => pair;

    public int Unconfirmed => Volatile.Read(ref taken) == 1 && !confirmed.Task.IsCompleted ? 1 : 0;

    /// <summary>Done when it arrived.</summary>
    public Task Confirmed => confirmed.Task;

    /// <summary>Nothing more is sent.</summary>
    public void Close() => closed.TrySetResult();

    public async ValueTask<bool> ReadAsync(List<Stanza> batch, CancellationToken cancel)
    {
        batch.Clear();
        if (Interlocked.Exchange(ref taken, 1) == 0)
        {
            batch.Add(ping);
            return true;
        }
        await closed.Task.WaitAsync(cancel);
        return false;
    }

    public void Confirm(int count) => confirmed.TrySetResult();
}
