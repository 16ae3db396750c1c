using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Routing;

/// <summary>The clients of each account: written down when they sign in, listed, and shut out (XEP-0494 0.1.0).</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="options">For how long, and how much.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">For what could not be written down.</param>
/// <param name="presentities">The sessions; null where no server runs, and so nobody has one.</param>
public sealed class KnownClients(ClientStore store, ServerOptions options, TimeProvider clock, ILogger<KnownClients> logger, Presentities? presentities = null) : IAsyncDisposable
{
    private static readonly StreamError Ending = StreamError.NotAuthorized with { Text = "The access of this client was revoked." };
    private static readonly StreamError Changed = StreamError.Reset with { Text = "The password was changed." };
    private readonly ConcurrentDictionary<Task, byte> notes = new();
    private int revocations;

    /// <summary>Changes whenever somebody is shut out; see <see cref="ConfirmAsync"/>.</summary>
    internal int Revocations => Volatile.Read(ref revocations);

    private DateTimeOffset Horizon => options.Auth.ClientDays == 0 ? DateTimeOffset.MinValue : clock.GetUtcNow() - TimeSpan.FromDays(options.Auth.ClientDays);

    /// <summary>The name of a client that says which installation it is (XEP-0388 §2.3).</summary>
    internal string IdOfAgent(Jid account, string agent) => store.IdOf(account, "agent", agent);

    /// <summary>The name of all those that do not, and are told apart by the resource they ask for, or else by their mechanism.</summary>
    internal string IdOfOther(Jid account, string? resource, string mechanism) =>
        resource is { Length: > 0 } ? store.IdOf(account, "resource", resource) : store.IdOf(account, "mechanism", mechanism);

    /// <summary>Writes a visit down. Nothing waits for the store: the session is as good without.</summary>
    internal void Note(ClientVisit visit) =>
        Forget(visit.Account.Jid, ChangeAsync(visit, before => Known(visit).Note(before, clock.GetUtcNow())));

    /// <summary>The line of a session is gone: its client was there until now. Nothing waits for the store.</summary>
    internal void Left(ClientSession session)
    {
        if (session.Client is not { } id)
            return;
        DateTimeOffset now = clock.GetUtcNow();
        Forget(session.Presentity.Address, store.ChangeAsync(
            session.Presentity.Address, id, before => before is null || now - before.LastSeen < ClientVisit.NotedAgainAfter ? before : before with { LastSeen = now }));
    }

    /// <summary>Changes what is known of a client that has come, unless the account or its password has changed meanwhile: then false. Durable on return.</summary>
    /// <exception cref="StorageException">The change could not be written.</exception>
    internal Task<bool> ChangeAsync(ClientVisit visit, Func<ClientRecord?, ClientRecord?> change) => store.ChangeAsync(
        visit.Account.Jid, visit.Id, change, visit.ByPassword ? visit.Account : null, clock.GetUtcNow(), Horizon,
        stays: client => SessionsOf(visit.Account.Jid).Any(session => session.Client == client.Id));

    /// <summary>One client; null when it is not known.</summary>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    internal ValueTask<ClientRecord?> FindAsync(Jid account, string id, CancellationToken cancel) => store.FindAsync(account, id, cancel);

    /// <summary>The visit as far as it may be kept.</summary>
    internal ClientVisit Known(ClientVisit visit) => options.Auth.ClientNames ? visit : visit with { Software = "", Device = "", Resource = "" };

    /// <summary>The clients that have access to an account, or a session; the one seen last comes first.</summary>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async Task<IReadOnlyList<KnownClient>> ListAsync(Jid account, CancellationToken cancel)
    {
        DateTimeOffset now = clock.GetUtcNow(), horizon = Horizon;
        HashSet<string> connected = [.. SessionsOf(account).Select(static session => session.Client!)];
        IReadOnlyList<ClientRecord> known = await store.ListAsync(account, cancel);
        // One that could not be written down has access all the same.
        IEnumerable<ClientRecord> others = connected.Except(known.Select(static client => client.Id)).Select(id => new ClientRecord(id, now));
        return
        [
            .. known.Concat(others)
                .Select(client => new KnownClient(client, connected.Contains(client.Id), client.HasToken(now)))
                .Where(client => client.IsConnected || client.HasToken || (client.Record.KnowsPassword && client.Record.LastSeen >= horizon))
                .OrderByDescending(static client => client.Record.LastSeen)
                .ThenBy(static client => client.Record.Id, StringComparer.Ordinal),
        ];
    }

    /// <summary>Revokes a client's tokens and ends its sessions. Durable on return.</summary>
    /// <param name="account">The account.</param>
    /// <param name="id">The client.</param>
    /// <param name="asker">The session that asked: it is left for the caller to answer and close.</param>
    /// <param name="cancel">Gives up before it was done.</param>
    /// <exception cref="StorageException">The tokens could not be revoked; the sessions live.</exception>
    public async Task<Revocation> RevokeAsync(Jid account, string id, ClientSession? asker, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ClientRecord? found = null;
        await store.ChangeAsync(account, id, before =>
        {
            found = before;
            return before?.WithoutTokens();
        });
        Interlocked.Increment(ref revocations);
        ClientSession[] sessions = [.. SessionsOf(account).Where(session => session.Client == id)];
        if (found is null && sessions.Length == 0)
            return Revocation.NotFound;
        RoutingLog.ClientRevoked(logger, id, account);
        foreach (ClientSession session in sessions)
        {
            if (session != asker)
                session.Close(Ending);
        }
        return found?.KnowsPassword == true ? Revocation.NeedsPassword : Revocation.Done;
    }

    /// <summary>The account has another password: its sessions end, for nobody in them has shown that he knows it.</summary>
    /// <param name="account">The account.</param>
    /// <param name="asker">The session that changed it: it stays.</param>
    public void PasswordChanged(Jid account, ClientSession? asker)
    {
        Interlocked.Increment(ref revocations);
        if (presentities is null || !presentities.TryFind(account, out Presentity? presentity))
            return;
        foreach (ClientSession session in presentity.Sessions)
        {
            if (session != asker)
                session.Close(Changed);
        }
    }

    /// <summary>Closes the session of the client that revoked itself, behind its answer.</summary>
    internal static void Close(ClientSession session) => session.Close(Ending);

    /// <summary>
    /// A stream has got a session. Ends it again if its client was shut out while it was on its way in, when there was no session to end yet.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="proven">The account as it was when its password was proven; null when it was a token.</param>
    /// <param name="seen"><see cref="Revocations"/> when that was looked at.</param>
    internal async ValueTask ConfirmAsync(ClientSession session, Account? proven, int seen)
    {
        if (Revocations == seen)
            return;
        Jid account = session.Presentity.Address;
        bool isLetIn = false;
        try
        {
            isLetIn = proven is not null ? await store.IsProvenAsync(proven)
                : session.Client is { } id && await store.FindAsync(account, id) is { } client && client.HasToken(clock.GetUtcNow());
        }
        catch (StorageException e)
        {
            RoutingLog.ClientNotNoted(logger, e, account);
        }
        if (!isLetIn)
            session.Close(Ending);
    }

    /// <summary>What was to be written down is, or never will be.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(notes.Keys);

    private IEnumerable<ClientSession> SessionsOf(Jid account) =>
        presentities is not null && presentities.TryFind(account, out Presentity? presentity) ? presentity.Sessions.Where(static session => session.Client is not null) : [];

    private void Forget(Jid account, Task noting)
    {
        Task note = NoteAsync(account, noting);
        if (note.IsCompleted)
            return;
        notes.TryAdd(note, 0);
        note.ContinueWith(static (done, all) => ((ConcurrentDictionary<Task, byte>)all!).TryRemove(done, out _), notes, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task NoteAsync(Jid account, Task noting)
    {
        try
        {
            await noting;
        }
#pragma warning disable CA1031 // Nobody could catch it, and the list of clients is not worth a session.
        catch (Exception e)
#pragma warning restore CA1031
        {
            RoutingLog.ClientNotNoted(logger, e, account);
        }
    }
}
