using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>A stream to a <see cref="FarServer"/>. It breaks before, behind or in the middle of what it carries, as it is told.</summary>
internal sealed class FarStream(FarServer server, FarStream? lost) : ILinkStream
{
    private readonly TaskCompletionSource cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int arrived;
    private int confirmed;

    public bool IsManaged => server.IsManaged;

    public int? HandledBefore { get; } = lost is not null && server.Remembers ? lost.arrived - lost.confirmed : null;

    /// <summary>How many more arrive before the line breaks; negative: it does not break.</summary>
    public int BreaksAfter { get; set; } = -1;

    /// <summary>What arrived is not confirmed.</summary>
    public bool IsSilent { get; set; }

    public bool IsCarrying { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>The other server closes it, or it is lost.</summary>
    public void Cut() => cut.TrySetResult();

    public async Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel)
    {
        IsCarrying = true;
        server.Change();
        var batch = new List<Stanza>();
        try
        {
            while (true)
            {
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                Task<bool> reading = traffic.ReadAsync(batch, wait.Token).AsTask();
                if (await Task.WhenAny(reading, cut.Task) != reading)
                {
                    await wait.CancelAsync();
                    await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    // What was read at the last moment is on the broken line.
                    return new LinkEnd(IsLost: true, "The line was cut.");
                }
                if (!await reading)
                    return new LinkEnd(IsLost: false, "Nothing to send.");
                foreach (Stanza stanza in batch)
                {
                    if (BreaksAfter == 0)
                        return new LinkEnd(IsLost: true, "The line broke.");
                    BreaksAfter--;
                    arrived++;
                    server.Got(stanza);
                }
                if (IsSilent)
                    continue;
                traffic.Confirm(arrived - confirmed);
                confirmed = arrived;
                server.Change();
            }
        }
        catch (OperationCanceledException)
        {
            return new LinkEnd(IsLost: false, "This server stops.");
        }
        finally
        {
            IsCarrying = false;
            server.Change();
        }
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }
}
