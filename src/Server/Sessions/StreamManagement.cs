using PresenceXml.Protocol.Streams;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>
/// Stream management of one session (XEP-0198 1.6): its name, what was handled of what its client sent, and whether it has a line. What
/// goes the other way is the outbox's.
/// </summary>
/// <param name="session">Whose it is.</param>
/// <param name="id">The name by which it can be resumed; null when it cannot.</param>
/// <param name="handle">Names it in the marks of the log (<see cref="LogMark"/>); 0 when it cannot be resumed.</param>
/// <param name="seconds">How long it waits for a new line.</param>
/// <param name="leave">Asks the line it has now to go, see <see cref="LeaveLineAsync"/>.</param>
internal sealed class StreamManagement(ClientSession session, string? id, long handle, int seconds, Action leave)
{
    public const string Ns = "urn:xmpp:sm:3";

    private readonly Lock door = new();
    private Action? line = leave;
    private TaskCompletionSource? left;
    private uint kept;
    private int wanted;
    private uint wantedUpTo;
    private bool isAnswering;

    public string? Id { get; } = id;

    /// <summary>How long it waits for a new line, in seconds.</summary>
    public int Seconds { get; } = seconds;

    /// <summary>Held by who resumes or ends it while it may be resumed.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>When a session without a line is over, in the seconds of the clock of streams.</summary>
    public int Deadline { get; set; }

    /// <summary>True once the session has ended.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The stanzas that came, modulo 2³², with the one that is being handled. The reader's.</summary>
    public uint Received { get; set; }

    /// <summary>The stanzas that were handled, durable or not. The reader's.</summary>
    public uint Handled { get; private set; }

    /// <summary>What this server answers for: the handled stanzas of which each that is to be stored is.</summary>
    public uint Durable => session.Barrier.Durable(Handled);

    public long Handle => handle;

    /// <summary>Keeps a number that the client is about to be told; the task is its commit. Null when nobody could ask for it.</summary>
    public Func<uint, Task>? Note { get; set; }

    /// <summary>What is to be noted in the log beside what the client has just sent; null when nobody could ask for it. Each time it is. The reader's.</summary>
    public LogMark? TakeMark()
    {
        if (handle == 0)
            return null;
        kept = Received;
        return new LogMark(handle, Received);
    }

    /// <summary>A stanza has come. The reader's.</summary>
    public void Begin() => Received = unchecked(Received + 1);

    /// <summary>The stanza that came last was handled. The reader's.</summary>
    public void Done() => Handled = Received;

    /// <summary>
    /// Answers a request for acknowledgement (§4): at once when all that is to be stored is, else as soon as it is. Never waits. When
    /// something could not be stored, there is no answer but the end of the session.
    /// </summary>
    public void Answer()
    {
        uint handled = Handled;
        Keep();
        if (session.Barrier.Durable(handled) == handled)
        {
            session.Outbox.Acknowledge(handled);
            return;
        }
        lock (door)
        {
            wanted++;
            wantedUpTo = handled;
            if (isAnswering)
                return;
            isAnswering = true;
        }
        _ = AnswerLaterAsync();
    }

    /// <summary>
    /// What is handled counts as durable only when a client whose session is gone with the server is told as much: §5, the number never goes
    /// back, and there are clients that take one which does for a huge one. A stored message bears it itself; what came behind is noted. The
    /// reader's, or for who has the session's turn.
    /// </summary>
    public void Keep()
    {
        if (Note is null || Handled == kept)
            return;
        kept = Handled;
        session.Barrier.Add(Note(Handled), Handled);
    }

    /// <summary>Asks the line to go and waits until it neither reads nor writes for this session any more.</summary>
    public Task LeaveLineAsync()
    {
        Action leaving;
        Task done;
        lock (door)
        {
            if (line is null)
                return Task.CompletedTask;
            leaving = line;
            done = (left ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        leaving();
        return done;
    }

    /// <summary>It has no line any more.</summary>
    /// <param name="isOver">True when there will be none.</param>
    public void Left(bool isOver)
    {
        lock (door)
        {
            IsOver |= isOver;
            line = null;
            left?.TrySetResult();
            left = null;
        }
    }

    /// <summary>It has a new line.</summary>
    /// <param name="leave">Asks that line to go.</param>
    public void Attached(Action leave)
    {
        lock (door)
            line = leave;
    }

    private async Task AnswerLaterAsync()
    {
        while (true)
        {
            int count;
            uint upTo;
            lock (door)
            {
                count = wanted;
                upTo = wantedUpTo;
                wanted = 0;
                isAnswering = count > 0;
            }
            if (count == 0)
                return;
            await session.Barrier.SettleAsync();
            if (session.Barrier.HasFailed)
            {
                session.Close(StreamError.InternalServerError);
                return;
            }
            lock (door)
            {
                // What was asked meanwhile and is durable too is answered with it: one flush, not two.
                if (session.Barrier.Durable(wantedUpTo) == wantedUpTo)
                {
                    count += wanted;
                    upTo = wantedUpTo;
                    wanted = 0;
                }
            }
            for (; count > 0; count--)
                session.Outbox.Acknowledge(upTo);
        }
    }
}
