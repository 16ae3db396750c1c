namespace PresenceXml.Server.Federation;

/// <summary>A component's connection, as others see it.</summary>
/// <param name="queue">What waits for it.</param>
/// <param name="replace">Makes it leave for another of the same component, soon; from any thread.</param>
internal sealed class ComponentLine(ComponentQueue queue, Action replace)
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ComponentQueue Queue => queue;

    /// <summary>Done when nothing of it is left.</summary>
    public Task Ended => ended.Task;

    public void Replace() => replace();

    public void End() => ended.TrySetResult();
}
