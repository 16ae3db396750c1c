using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation;

/// <summary>What all links share.</summary>
/// <param name="options">Their bounds.</param>
/// <param name="opener">Opens streams.</param>
/// <param name="returned">Takes the errors for what could not be sent. Never called under a lock.</param>
/// <param name="unreachable">Is told of a domain that cannot be reached. Never called under a lock.</param>
/// <param name="clock">The clock.</param>
/// <param name="random">The chance; safe for several threads.</param>
/// <param name="log">For the operator.</param>
internal sealed class LinkWorld(
    FederationOptions options, ILinkOpener opener, Action<Stanza> returned, Action<DomainPair> unreachable, TimeProvider clock, Random random, ILogger log)
{
    private readonly Lock door = new();
    private TaskCompletionSource? empty;
    private long bytes;
    private volatile bool isStopping;

    public FederationOptions Options { get; } = options;
    public ILinkOpener Opener { get; } = opener;
    public Action<Stanza> Returned { get; } = returned;
    public Action<DomainPair> Unreachable { get; } = unreachable;
    public TimeProvider Clock { get; } = clock;
    public ILogger Log { get; } = log;
    public Pauses Pauses { get; } = new(random, TimeSpan.FromSeconds(options.LongestPauseSeconds));

    /// <summary>Tells the log of links that cannot be opened.</summary>
    public FailureLines FailureLines { get; } = new(log, clock);

    /// <summary>A link to a domain that was not reached before is opened with the permission of these.</summary>
    public Turns Turns { get; } = new(options.Opening, TimeSpan.FromSeconds(1), clock);

    /// <summary>Ends what is under way when the time for it is over after the server began to stop.</summary>
    public CancellationTokenSource Stopping { get; } = new(Timeout.InfiniteTimeSpan, clock);

    /// <summary>The server stops: links send what they have, and close.</summary>
    public bool IsStopping
    {
        get => isStopping;
        set => isStopping = value;
    }

    /// <summary>What all links together have to send, or have sent without confirmation, in bytes.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>What a link may have whatever the others have: as much again as all together, divided among all that there may be.</summary>
    public long Share { get; } = options.TotalQueueBytes / options.Links;

    /// <summary>Room for a stanza among what all links have. False: there is none.</summary>
    /// <param name="size">Its bytes.</param>
    /// <param name="isShare">True while the link has little: that is taken in any case, so that those with full queues leave room for the others.</param>
    public bool TryTake(int size, bool isShare)
    {
        if (Interlocked.Add(ref bytes, size) <= Options.TotalQueueBytes || isShare)
            return true;
        Interlocked.Add(ref bytes, -size);
        return false;
    }

    public void Give(long size)
    {
        if (Interlocked.Add(ref bytes, -size) != 0)
            return;
        lock (door)
            empty?.TrySetResult();
    }

    /// <summary>Done at a moment when no link has anything to send, or to be confirmed.</summary>
    public Task EmptyAsync()
    {
        lock (door)
        {
            if (empty is null or { Task.IsCompleted: true })
                empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            // What is given back from here on finds it.
            if (Bytes == 0)
                empty.TrySetResult();
            return empty.Task;
        }
    }
}
