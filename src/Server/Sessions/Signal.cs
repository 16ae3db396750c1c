using System.Threading.Tasks.Sources;

namespace PresenceXml.Server.Sessions;

/// <summary>Wakes the one who waits, without allocating. Guarded by its owner's lock; the waiter goes on elsewhere, never inside that lock.</summary>
internal sealed class Signal : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> core = new() { RunContinuationsAsynchronously = true };
    private bool isAwaited;

    /// <summary>Under the owner's lock.</summary>
    public ValueTask WaitAsync()
    {
        core.Reset();
        isAwaited = true;
        return new ValueTask(this, core.Version);
    }

    /// <summary>Under the owner's lock.</summary>
    public void Set()
    {
        if (!isAwaited)
            return;
        isAwaited = false;
        core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
