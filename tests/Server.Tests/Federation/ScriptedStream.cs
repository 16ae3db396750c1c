using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>A stream of which the test itself is the writer: it reads from the link, confirms, and says when and how the stream ends.</summary>
internal sealed class ScriptedStream : ILinkStream
{
    private readonly TaskCompletionSource<ILinkTraffic> carried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LinkEnd> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsManaged { get; init; } = true;

    public int? HandledBefore { get; init; }

    /// <summary>The stream that the other side took up with this one.</summary>
    public ScriptedStream? After { get; init; }

    /// <summary>The link, once it has the stream carry it.</summary>
    public Task<ILinkTraffic> Carried => carried.Task;

    /// <summary>Called when the link gives it up.</summary>
    public Action? WhenDisposed { get; init; }

    public Task Disposed => disposed.Task;

    public bool IsAfter(ILinkStream lost) => lost == After;

    /// <summary>The ids of the next batch; null when there will be none.</summary>
    public async Task<string[]?> ReadAsync(CancellationToken cancel)
    {
        ILinkTraffic traffic = await Carried.WaitAsync(cancel);
        var batch = new List<Stanza>();
        return await traffic.ReadAsync(batch, cancel) ? [.. batch.Select(static stanza => stanza.Id!)] : null;
    }

    public async Task ConfirmAsync(int count) => (await Carried).Confirm(count);

    /// <summary>It is cut.</summary>
    public void Cut() => end.TrySetResult(new LinkEnd(IsLost: true, "The line was cut."));

    /// <summary>It was closed in good order.</summary>
    public void Close() => end.TrySetResult(new LinkEnd(IsLost: false, "It was closed."));

    public async Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel)
    {
        await using CancellationTokenRegistration closing = cancel.Register(Close);
        carried.SetResult(traffic);
        return await end.Task;
    }

    public ValueTask DisposeAsync()
    {
        WhenDisposed?.Invoke();
        disposed.TrySetResult();
        return default;
    }
}
