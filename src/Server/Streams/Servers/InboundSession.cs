using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams.Management;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// What came from another server on one stream: where it enters the heart, and, with stream management (XEP-0198 1.6), how much of it was handled and
/// is durable. With a name it outlives its line.
/// </summary>
/// <param name="pair">For whom the stream was opened.</param>
/// <param name="proof">How it was proven.</param>
internal sealed class InboundSession(DomainPair pair, DomainProof proof)
{
    private readonly Lock door = new();
    private TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint handled;
    private bool isAnswering;
    private bool isAskedAgain;

    public DomainPair Pair => pair;

    public RemoteOrigin Origin { get; } = new(proof);

    /// <summary>True once it is counted. The reader's.</summary>
    public bool IsManaged { get; set; }

    /// <summary>The name by which it can be resumed; null when it cannot.</summary>
    public string? Id { get; set; }

    /// <summary>When one without a line is over, in the clock's seconds.</summary>
    public int Deadline { get; set; }

    /// <summary>The line it has; null while it has none.</summary>
    public ServerLine? Line { get; private set; }

    /// <summary>What goes the other way on the same stream (XEP-0288); null for nothing.</summary>
    public LinkCarrier? Carrier { get; set; }

    /// <summary>Held by who resumes it.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>A stanza has come. The reader's.</summary>
    public void Begin() => Origin.Received = unchecked(Origin.Received + 1);

    /// <summary>It was handled. The reader's.</summary>
    public void Done() => handled = Origin.Received;

    /// <summary>It has a line from now on.</summary>
    public void Attach(ServerLine line)
    {
        lock (door)
        {
            Line = line;
            left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Its line reads nothing for it any more.</summary>
    public void Detach()
    {
        lock (door)
        {
            Line = null;
            left.TrySetResult();
        }
    }

    /// <summary>Cuts the line it has, if any, and waits until that reads nothing more.</summary>
    public Task LeaveLineAsync()
    {
        ServerLine? line;
        Task done;
        lock (door) (line, done) = (Line, left.Task);
        if (line is null) return Task.CompletedTask;
        line.Abort("the stream was resumed on another connection");
        return done;
    }

    /// <summary>Waits until all that was handled is durable; null when something of it could not be stored, or is of no use.</summary>
    public async ValueTask<uint?> SettleAsync()
    {
        await Origin.Barrier.SettleAsync();
        return Origin.Barrier.HasFailed ? null : Origin.Barrier.Durable(handled);
    }

    /// <summary>
    /// Answers a request for acknowledgement (XEP-0198 §4) as soon as what was handled is durable; never waits. Requests that come meanwhile are answered
    /// together. When something could not be stored the stream ends: it is sent again, or its sender told. The reader's.
    /// </summary>
    public void Answer()
    {
        if (Origin.Barrier.Durable(handled) == handled)
        {
            Tell(handled);
            return;
        }
        lock (door)
        {
            isAskedAgain = isAnswering;
            if (isAnswering) return;
            isAnswering = true;
        }
        _ = AnswerLaterAsync(handled);
    }

    /// <summary>Says without being asked what was handled, as the last thing on a line.</summary>
    public async ValueTask AnswerLastAsync()
    {
        if (await SettleAsync() is { } durable) Tell(durable);
    }

    private async Task AnswerLaterAsync(uint upTo)
    {
        while (true)
        {
            await Origin.Barrier.SettleAsync();
            if (Origin.Barrier.HasFailed)
            {
                Line?.Stop(StreamError.InternalServerError);
                return;
            }
            // Of what came behind some may not be durable yet.
            Tell(Origin.Barrier.Durable(upTo));
            lock (door)
            {
                if (!isAskedAgain)
                {
                    isAnswering = false;
                    return;
                }
                isAskedAgain = false;
                upTo = handled;
            }
        }
    }

    private void Tell(uint h)
    {
        Element answer = ManagementElements.Acknowledgement(h);
        Line?.Output.Post(output => answer.WriteTo(output, Protocol.Namespaces.Server));
    }
}
