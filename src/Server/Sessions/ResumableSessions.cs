using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using PresenceXml.Protocol;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>The sessions that can be resumed, by name, and what is kept of those that are gone.</summary>
public sealed class ResumableSessions(StorageEngine engine, TimeProvider clock)
{
    // A client that was away longer asks its archive what of its own it finds there.
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    // Of one account, however often it connects in a day.
    private const int MostRecords = 64;

    private readonly ConcurrentDictionary<string, ClientSession> named = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ClientSession, byte> detached = new();

    /// <summary>The sessions without a line.</summary>
    internal IEnumerable<ClientSession> Detached => detached.Keys;

    /// <summary>How many sessions wait for a new line.</summary>
    public int DetachedCount => detached.Count;

    /// <summary>A number for the marks of a session that begins.</summary>
    /// <exception cref="StorageException">The store cannot be written.</exception>
    internal long NextHandle() => engine.NextSequence();

    /// <summary>True while nothing can be stored, and so nobody could be told later what was.</summary>
    internal bool IsFailing => engine.IsFailing;

    /// <summary>
    /// Notes a session that can be resumed from now on. The record is in the queue of the store's writer before anything the session
    /// sends, so whenever a mark of its is durable, so is this.
    /// </summary>
    internal void Add(ClientSession session, StreamManagement management)
    {
        named[management.Id!] = session;
        var record = new SessionRecord(management.Handle, clock.GetUtcNow(), null, session.Address.Resource!);
        _ = Put(session, management.Id!, record);
        management.Note = told => Put(session, management.Id!, record with { Told = told });
    }

    internal bool TryFind(string id, [NotNullWhen(true)] out ClientSession? session) => named.TryGetValue(id, out session);

    internal void AddDetached(ClientSession session) => detached.TryAdd(session, 0);

    internal bool RemoveDetached(ClientSession session) => detached.TryRemove(session, out _);

    /// <summary>The session has ended: it cannot be resumed, and what it handled is noted, or forgotten when its client said goodbye.</summary>
    internal async ValueTask EndAsync(ClientSession session, bool isClean)
    {
        if (session.Management is not { Id: { } id } management)
            return;
        detached.TryRemove(session, out _);
        Task noted;
        if (isClean)
        {
            noted = Change(session, new StorageBatch().Delete(SessionRecord.Collection, session.Presentity.Address, id));
        }
        else
        {
            // What is on its way to the store counts as soon as it is there.
            await session.Barrier.SettleAsync();
            noted = Put(session, id, new SessionRecord(management.Handle, clock.GetUtcNow(), management.Durable, session.Address.Resource!));
        }
        _ = ForgetAsync(id, noted);
    }

    // Then, and not before: who asks for it meanwhile waits for its end, and who tidies up takes it for alive.
    private async Task ForgetAsync(string id, Task noted)
    {
        await noted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        named.TryRemove(id, out _);
    }

    /// <summary>How many stanzas of a session that is gone were handled (XEP-0198 §5); null when nothing is known of it.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask<uint?> HandledAsync(Jid account, string id)
    {
        // Its end may be on the way to the disk still.
        await engine.Commit(new StorageBatch()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ReadOnlyMemory<byte>? stored = await engine.GetAsync(SessionRecord.Collection, account, id);
        return stored is { } bytes ? await HandledAsync(account, SessionRecord.Read(bytes.Span)) : null;
    }

    /// <summary>Takes away what is kept of sessions of this account that are gone for long, and all but the youngest of too many.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask TidyAsync(ClientSession session)
    {
        Jid account = session.Presentity.Address;
        var ended = new List<(string Id, SessionRecord Record)>();
        var batch = new StorageBatch();
        DateTimeOffset now = clock.GetUtcNow();
        foreach ((string id, ReadOnlyMemory<byte> bytes) in await engine.RangeAsync(SessionRecord.Collection, account))
        {
            if (named.ContainsKey(id))
                continue;
            var record = SessionRecord.Read(bytes.Span);
            // It may have ended since it was read.
            if (record.Handled is null && await engine.GetAsync(SessionRecord.Collection, account, id) is { } again)
                record = SessionRecord.Read(again.Span);
            if (record.Handled is null)
            {
                // It died with the server, however long ago it began. Its day counts from now.
                record = record with { Time = now, Handled = await HandledAsync(account, record) };
                batch.Put(SessionRecord.Collection, account, id, record.ToBytes());
            }
            ended.Add((id, record));
        }
        ended.Sort(static (a, b) => b.Record.Time.CompareTo(a.Record.Time));
        for (int i = 0; i < ended.Count; i++)
        {
            if (i >= MostRecords || now - ended[i].Record.Time > KeptFor)
                batch.Delete(SessionRecord.Collection, account, ended[i].Id);
        }
        if (!batch.IsEmpty)
            _ = Change(session, batch);
    }

    // The later of both: what came behind the last message is in no mark.
    private async ValueTask<uint> HandledAsync(Jid account, SessionRecord record)
    {
        if (record.Handled is { } handled)
            return handled;
        uint marked = (await engine.FindMarkAsync(InboxStore.Log, account, record.Handle))?.Count ?? 0;
        return unchecked((int)(marked - record.Told)) > 0 ? marked : record.Told;
    }

    private Task Put(ClientSession session, string id, SessionRecord record) =>
        Change(session, new StorageBatch().Put(SessionRecord.Collection, session.Presentity.Address, id, record.ToBytes()));

    private static Task Change(ClientSession session, StorageBatch batch)
    {
        lock (session.Presentity.Gate)
        {
            // An account that is being deleted takes this with it.
            return session.Presentity.IsRemoved ? Task.CompletedTask : session.Presentity.Commit(batch);
        }
    }
}
