using System.Security.Cryptography;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Routing;

/// <summary>The two doors between Streams and the heart: a session begins and ends here.</summary>
public sealed class SessionBinder
{
    // Without letters that look like one another, for those who read them in a log.
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    // Longer than a stream takes to say goodbye to a client that is there.
    private static readonly TimeSpan ReplacedWithin = TimeSpan.FromSeconds(5);

    private readonly Presentities presentities;
    private readonly InstantInbox inbox;
    private readonly MessageDelivery messages;
    private readonly Notifications notifications;
    private readonly LocalDomains domains;
    private readonly RemoteDomains remote;
    private readonly ResumableSessions resumable;
    private readonly LimitOptions limits;
    private readonly TimeProvider clock;

    public SessionBinder(
        Presentities presentities, InstantInbox inbox, MessageDelivery messages, Notifications notifications,
        LocalDomains domains, RemoteDomains remote, ResumableSessions resumable, ServerOptions options, TimeProvider clock)
    {
        this.presentities = presentities;
        this.inbox = inbox;
        this.messages = messages;
        this.notifications = notifications;
        this.domains = domains;
        this.remote = remote;
        this.resumable = resumable;
        limits = options.Limits;
        this.clock = clock;
    }

    /// <summary>
    /// Binds a resource (RFC 6120 §7): a random one when <paramref name="resource"/> is null or cannot be made legal; another one when the
    /// asked one is taken (§7.7.2.2, the first way); <c>resource-constraint</c> when the account has too many, <c>not-authorized</c>
    /// when it is not there any more. A session that has no line gives way: the one of that name, for its client has come back and does not
    /// know it any more, and the one that is without a line for longest when there are too many.
    /// </summary>
    /// <exception cref="StorageException">The account could not be read.</exception>
    /// <param name="account">Whose session it is.</param>
    /// <param name="resource">What is asked for, prepared.</param>
    /// <param name="cancel">The stream ends.</param>
    /// <param name="clientId">The installation of the client; another session of the same one ends before (XEP-0386 §3.2).</param>
    public async ValueTask<BindResult> BindAsync(Jid account, string? resource, CancellationToken cancel, string? clientId = null)
    {
        PresentityLease? lease = await presentities.AcquireAsync(account, cancel);
        if (lease is null)
            return new(null, StanzaError.NotAuthorized);
        Presentity presentity = lease.Presentity;
        if (clientId is not null)
            await ReplaceAsync(presentity, clientId, cancel);
        bool isPatient = true;
        while (true)
        {
            ClientSession? yielding;
            StanzaError? error;
            lock (presentity.Gate)
            {
                bool isFull = limits.ResourcesPerAccount > 0 && presentity.Sessions.Count >= limits.ResourcesPerAccount;
                error = presentity.IsRemoved ? StanzaError.NotAuthorized : isFull ? StanzaError.ResourceConstraint : null;
                yielding = isPatient && !presentity.IsRemoved ? Yielding(presentity, resource, isFull) : null;
                if (error is null && yielding is null)
                {
                    var session = new ClientSession(Choose(presentity, resource), lease, inbox, limits.OutboxBytes) { ClientId = clientId };
                    presentity.AddSession(session);
                    return new(session, null);
                }
            }
            if (yielding is null)
            {
                lease.Dispose();
                return new(null, error);
            }
            // False: it is being resumed at this moment, so it counts as one that has a line.
            isPatient = await TryEndDetachedAsync(yielding);
        }
    }

    /// <summary>Ends a session that has no line. False: it has one, or is just getting it.</summary>
    internal async ValueTask<bool> TryEndDetachedAsync(ClientSession session, int now = int.MaxValue)
    {
        SemaphoreSlim turn = session.Management!.Turn;
        if (!turn.Wait(0, CancellationToken.None))
            return false;
        try
        {
            if (!session.IsDetached || now < session.Management.Deadline)
                return false;
            await EndAsync(session);
            return true;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// The stream is gone and neither reads nor writes any more: unavailable presence is broadcast when none was, what did not reach the client
    /// goes back. To be called once for each bound session; later calls do nothing.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="isClean">True when its client has said goodbye, and so will not ask for it again.</param>
    public async ValueTask EndAsync(ClientSession session, bool isClean = false)
    {
        if (!session.TryEnd())
            return;
        try
        {
            if (session.Management is not null)
                await resumable.EndAsync(session, isClean);
        }
        finally
        {
            End(session);
            session.Management?.Left(isOver: true);
            session.SetEnded();
        }
    }

    private async ValueTask ReplaceAsync(Presentity presentity, string clientId, CancellationToken cancel)
    {
        foreach (ClientSession session in presentity.Sessions)
        {
            if (session.ClientId != clientId)
                continue;
            Task ended = session.WhenEndedAsync();
            // A line that may be dead is not to be waited for.
            Task left = session.Management is { Id: not null } management ? management.LeaveLineAsync() : Task.CompletedTask;
            try
            {
                await left.WaitAsync(ReplacedWithin, clock, cancel);
                session.Close(StreamError.Conflict);
                await ended.WaitAsync(ReplacedWithin, clock, cancel);
            }
            catch (TimeoutException)
            {
                // It is told to go, and does so when it can; the new one gets another name.
                session.Close(StreamError.Conflict);
            }
        }
    }

    private void End(ClientSession session)
    {
        Presentity presentity = session.Presentity;
        Leftovers left;
        List<(Message Message, StanzaError Error)>? refused = null;
        notifications.EndPresence(session, null);
        lock (presentity.Gate)
        {
            presentity.RemoveSession(session);
            left = session.Outbox.End();
            PutBack(presentity, left.Sequences);
            // XEP-0013 §2.2: what its owner left there waits for the next one who becomes available, or asks.
            if (session.RetrievesOffline && !presentity.Sessions.Any(static other => other.RetrievesOffline))
                presentity.Undelivered.Release();
            foreach (Stanza stanza in left.Stanzas)
            {
                // What went to the bare address reached the other resources when it came; only what was for this one alone looks for another.
                if (stanza is Message { From: not null, To.IsFull: true } message && messages.Redeliver(presentity, message) is { } error)
                    (refused ??= []).Add((message, error));
            }
        }
        foreach (Stanza stanza in left.Stanzas)
        {
            // Z-15: the request died before it was delivered.
            if (stanza is Iq { IsRequest: true, From: not null } request)
                Return(request.ToError(StanzaError.ServiceUnavailable));
        }
        foreach ((Message message, StanzaError error) in refused ?? [])
            Return(message.ToError(error));
        session.Lease.Dispose();
    }

    private static ClientSession? Yielding(Presentity presentity, string? resource, bool isFull)
    {
        if (resource is not null && presentity.FindSession(resource) is { IsDetached: true } same)
            return same;
        ClientSession? oldest = null;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (isFull && session.IsDetached && (oldest is null || session.Management!.Deadline < oldest.Management!.Deadline))
                oldest = session;
        }
        return oldest;
    }

    // What no other outbox carries now goes to whoever takes messages, or waits for the next one who does.
    // Also what came for this resource alone while its outbox was closed already, and was put into none.
    private static void PutBack(Presentity presentity, List<long> sequences)
    {
        foreach (long sequence in sequences)
            presentity.Undelivered.PutBack(sequence);
        if (presentity.Undelivered.Count == 0)
            return;
        foreach (ClientSession other in presentity.SessionSpan)
        {
            // One without a line takes it when it gets one, unless somebody else comes before.
            if (other.TakesMessages && !other.IsDetached)
            {
                InstantInbox.Flood(presentity, other);
                return;
            }
        }
    }

    private void Return(Stanza? error)
    {
        if (error?.To is not { } to)
            return;
        if (!domains.IsLocal(to))
            remote.TrySend(error);
        else if (presentities.TryFind(to.Bare, out Presentity? sender) && to.Resource is { } resource)
            sender.FindSession(resource)?.TrySend(error);
    }

    private static Jid Choose(Presentity presentity, string? asked)
    {
        if (!string.IsNullOrEmpty(asked) && presentity.Address.TryWithResource(asked, out Jid? address))
        {
            if (presentity.FindSession(address!.Resource!) is null)
                return address;
            // The name the user chose stays readable; a resource may be at its maximum length already.
            if (presentity.Address.TryWithResource($"{asked}-{RandomNumberGenerator.GetString(Alphabet, 8)}", out address))
                return address!;
        }
        return presentity.Address.TryWithResource(RandomNumberGenerator.GetString(Alphabet, 20), out Jid? random)
            ? random!
            : throw new InvalidOperationException("Letters and digits are a legal resource.");
    }
}
