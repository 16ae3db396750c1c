using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Routing;

/// <summary>
/// Sessions that outlive their lines (XEP-0198 1.6 §3, §5): enabled, detached when the line dies, resumed on another, ended when nobody
/// came in time. See docs/architecture.md, "Sessions and lines".
/// </summary>
public sealed class SessionKeeper : IHostedService
{
    // 160 bits: not to be guessed, though guessing takes an account as well.
    private const int IdLetters = 32;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    private readonly SessionBinder binder;
    private readonly ResumableSessions sessions;
    private readonly StreamManagementOptions options;
    private readonly ILogger<SessionKeeper> logger;
    private volatile bool stopping;

    public SessionKeeper(SessionBinder binder, ResumableSessions sessions, ServerOptions options, ILogger<SessionKeeper> logger)
    {
        this.binder = binder;
        this.sessions = sessions;
        this.options = options.StreamManagement;
        this.logger = logger;
    }

    /// <summary>True when sessions can be resumed at all.</summary>
    public bool CanResume => options.ResumeSeconds > 0;

    /// <summary>
    /// Stream management begins for a session that has none. What its client sends from now on is counted; the answer, and with it the
    /// counting of what is written, is the caller's: <see cref="LineOutbox.Manage"/>.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="resumable">True when the client wants to be able to resume it.</param>
    /// <param name="seconds">How long the client wants it to wait; null: as long as it may.</param>
    /// <param name="leave">Asks the session's line to go; called from any thread.</param>
    internal async ValueTask<StreamManagement> EnableAsync(ClientSession session, bool resumable, int? seconds, Action leave)
    {
        if (!resumable || !CanResume || sessions.IsFailing)
            return session.Management = new StreamManagement(session, null, 0, 0, leave);
        long handle;
        try
        {
            await sessions.TidyAsync(session);
            handle = sessions.NextHandle();
        }
        catch (StorageException)
        {
            // The engine has logged it. Without the store nobody could be told later what was handled.
            return session.Management = new StreamManagement(session, null, 0, 0, leave);
        }
        int limit = Math.Min(seconds ?? int.MaxValue, options.ResumeSeconds);
        var management = new StreamManagement(session, RandomNumberGenerator.GetString(Alphabet, IdLetters), handle, limit, leave);
        session.Management = management;
        sessions.Add(session, management);
        return management;
    }

    /// <summary>
    /// Gives a session a new line (§5). The old one, if it still looks alive, is asked to go, and is gone when this returns. Resumed: the
    /// session is the caller's, who tells its client <see cref="Resumption.Handled"/> and then writes what is in its outbox.
    /// </summary>
    /// <param name="account">Who has authenticated on the new line.</param>
    /// <param name="id">The name of the session.</param>
    /// <param name="h">How many stanzas the client has handled.</param>
    /// <param name="leave">Asks the new line to go; called from any thread.</param>
    /// <param name="cancel">The new line is gone.</param>
    internal async ValueTask<Resumption> ResumeAsync(Jid account, string id, uint h, Action leave, CancellationToken cancel)
    {
        try
        {
            return await TryResumeAsync(account, id, h, leave, cancel) ?? new Resumption { Handled = await sessions.HandledAsync(account, id), Error = StanzaError.ItemNotFound };
        }
        catch (StorageException)
        {
            return new Resumption { Error = StanzaError.InternalServerError };
        }
    }

    /// <summary>The stream neither reads nor writes any more: its session is detached, or ends.</summary>
    /// <param name="session">The session.</param>
    /// <param name="ending">Why the stream is over.</param>
    /// <param name="now">Seconds of the clock of streams.</param>
    internal ValueTask LeaveAsync(ClientSession session, LineEnd ending, int now) =>
        ending == LineEnd.Lost && TryDetach(session, now) ? default : binder.EndAsync(session, isClean: ending == LineEnd.Closed);

    /// <summary>Ends the sessions for which nobody came in time. Called about once a second; never waits.</summary>
    /// <param name="now">Seconds of the clock of streams.</param>
    internal void Tick(int now)
    {
        foreach (ClientSession session in sessions.Detached)
        {
            if (now >= session.Management!.Deadline)
                _ = ExpireAsync(session, now);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The server stops: no session waits for a line any more, and each notes what it handled.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        foreach (ClientSession session in sessions.Detached)
            await EndDetachedAsync(session);
    }

    private async ValueTask<Resumption?> TryResumeAsync(Jid account, string id, uint h, Action leave, CancellationToken cancel)
    {
        // Of another account: as if there were none.
        if (!sessions.TryFind(id, out ClientSession? session) || session.Presentity.Address != account)
            return null;
        StreamManagement management = session.Management!;
        await management.Turn.WaitAsync(cancel);
        try
        {
            await management.LeaveLineAsync().WaitAsync(cancel);
            if (management.IsOver)
                return null;
            // The answer says what is durable, and the next one may not say less.
            management.Keep();
            await session.Barrier.SettleAsync();
            if (session.Barrier.HasFailed || stopping)
            {
                await binder.EndAsync(session);
                return null;
            }
            uint handled = management.Durable;
            if (!session.Outbox.TryAttach(h, handled, out uint? sent))
            {
                if (sent is not null)
                    return new Resumption { Sent = sent };
                await binder.EndAsync(session);
                return null;
            }
            lock (session.Presentity.Gate)
            {
                session.IsDetached = false;
                sessions.RemoveDetached(session);
                management.Attached(leave);
                // What waited for somebody with a line.
                if (session.TakesMessages)
                    InstantInbox.Flood(session.Presentity, session);
            }
            RoutingLog.Resumed(logger, session.Address);
            return new Resumption { Session = session, Handled = handled };
        }
        finally
        {
            management.Turn.Release();
        }
    }

    private bool TryDetach(ClientSession session, int now)
    {
        if (session.Management is not { Id: not null } management || stopping || session.Barrier.HasFailed)
            return false;
        lock (session.Presentity.Gate)
        {
            if (session.Presentity.IsRemoved || !session.Outbox.TryDetach(() => _ = EndClosedAsync(session)))
                return false;
            management.Deadline = now + management.Seconds;
            session.IsDetached = true;
            sessions.AddDetached(session);
        }
        RoutingLog.Detached(logger, session.Address, management.Seconds);
        management.Left(isOver: false);
        // It looked for detached sessions before this one was among them.
        if (stopping)
            _ = EndClosedAsync(session);
        return true;
    }

    private async Task ExpireAsync(ClientSession session, int now)
    {
        try
        {
            if (await binder.TryEndDetachedAsync(session, now))
                RoutingLog.Expired(logger, session.Address);
        }
#pragma warning disable CA1031 // Our bug, and nobody waits for this.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            RoutingLog.EndFailed(logger, exception, session.Address);
        }
    }

    // Called under locks, and from inside the outbox: the end comes by itself, elsewhere.
    private async Task EndClosedAsync(ClientSession session)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await EndDetachedAsync(session);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            RoutingLog.EndFailed(logger, exception, session.Address);
        }
    }

    private async Task EndDetachedAsync(ClientSession session)
    {
        await session.Management!.Turn.WaitAsync();
        try
        {
            bool isDetached;
            // It may be closed in the midst of being detached.
            lock (session.Presentity.Gate)
                isDetached = session.IsDetached;
            if (isDetached)
                await binder.EndAsync(session);
        }
        finally
        {
            session.Management.Turn.Release();
        }
    }
}
