using System.Collections.Concurrent;
using System.Security.Cryptography;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What other servers may resume (XEP-0198 1.6 §5): how much of it was handled is kept for a while after a line was lost.</summary>
internal sealed class InboundSessions : ITicking
{
    // Each costs some hundred bytes, and a server has one for each pair of domains; a flood of them pushes out the oldest of nobody else.
    private const int MaxOfRemote = 20;

    // And that a flood of remotes, which one zone of the DNS may have without end, does not fill the memory.
    private const int MaxInAll = 10_000;

    private readonly ConcurrentDictionary<string, InboundSession> named = new();
    private readonly StreamManagementOptions options;
    private readonly RemoteRouter router;
    private readonly StreamClock clock;
    private volatile bool stopping;

    public InboundSessions(ServerOptions options, RemoteRouter router, StreamClock clock)
    {
        this.options = options.StreamManagement;
        this.router = router;
        this.clock = clock;
        clock.Add(this);
    }

    /// <summary>How long one is kept, in seconds; 0: none can be resumed.</summary>
    public int Seconds => options.ResumeSeconds;

    /// <summary>Those without a line.</summary>
    public int Waiting => named.Values.Count(static session => session.Line is null);

    /// <summary>Gives it a name by which it can be resumed.</summary>
    public void Name(InboundSession session)
    {
        if (Seconds == 0 || stopping) return;
        session.Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        named[session.Id] = session;
    }

    /// <summary>Finds what the server of these domains may go on with, and takes the line it has away from it.</summary>
    /// <param name="pair">What was proven on the new line; a name is good for its own pair only.</param>
    /// <param name="id">The name.</param>
    /// <param name="line">The new line.</param>
    /// <param name="cancel">The new line is gone.</param>
    /// <returns>The session, which has the new line, and how much of it is durable; null when there is nothing to go on with.</returns>
    public async ValueTask<(InboundSession Session, uint Handled)?> ResumeAsync(DomainPair pair, string id, ServerLine line, CancellationToken cancel)
    {
        if (!named.TryGetValue(id, out InboundSession? session) || session.Pair != pair) return null;
        await session.Turn.WaitAsync(cancel);
        try
        {
            await session.LeaveLineAsync().WaitAsync(cancel);
            if (!named.ContainsKey(id)) return null;
            if (await session.SettleAsync() is not { } handled)
            {
                End(session, isLost: true);
                return null;
            }
            session.Attach(line);
            return (session, handled);
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary>A line reads nothing more for its session, which ends unless it can be resumed.</summary>
    public void Leave(InboundSession session, bool isLost)
    {
        if (isLost && session.Id is not null && !stopping && !session.Origin.Barrier.HasFailed)
        {
            session.Deadline = clock.Now + Seconds;
            // For as long as it has no line nothing is told on it; what comes when it is resumed is heard anew.
            router.End(session.Origin, isLost);
            session.Detach();
            Trim(session.Pair.Remote);
            return;
        }
        session.Detach();
        End(session, isLost);
    }

    /// <summary>The server stops: nothing waits any more.</summary>
    public void Stop()
    {
        stopping = true;
        foreach (InboundSession session in named.Values)
            if (session.Line is null) End(session, isLost: false);
    }

    void ITicking.Tick(int now)
    {
        foreach (InboundSession session in named.Values)
            if (session.Line is null && now >= session.Deadline) End(session, isLost: true);
    }

    private void Trim(string remote)
    {
        List<InboundSession> waiting = [.. named.Values.Where(static session => session.Line is null)];
        List<InboundSession> theirs = waiting.FindAll(session => session.Pair.Remote == remote);
        if (theirs.Count > MaxOfRemote) End(Oldest(theirs), isLost: true);
        else if (waiting.Count > MaxInAll) End(Oldest(waiting), isLost: true);
    }

    private static InboundSession Oldest(List<InboundSession> sessions) => sessions.MinBy(static session => session.Deadline)!;

    private void End(InboundSession session, bool isLost)
    {
        // Once, whoever comes first.
        if (session.Id is null || named.TryRemove(session.Id, out _)) router.End(session.Origin, isLost);
    }
}
