using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>
/// The clients of accounts and their tokens as a view over a keyed collection. A client's own identifier is not kept: its name here is
/// derived from it under the store's secret.
/// </summary>
public sealed class ClientStore(AccountStore accounts)
{
    /// <summary>The collection that has a key for each client.</summary>
    public const string Collection = "client";

    /// <summary>Clients remembered for each account; of more, those that were not seen for longest are forgotten.</summary>
    public const int MaxClients = 100;

    // Without letters that look like one another, for those who type them.
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
    private const int IdLetters = 20;

    private StorageEngine Engine => accounts.Engine;

    /// <summary>The name of a client here: opaque, the same each time, another one for each account.</summary>
    /// <param name="account">The account.</param>
    /// <param name="kind">What <paramref name="identifier"/> is.</param>
    /// <param name="identifier">What tells it from other clients of the account.</param>
    public string IdOf(Jid account, string kind, string identifier)
    {
        var digest = HMACSHA256.HashData(Engine.Secret.Span, Encoding.UTF8.GetBytes($"client\0{account}\0{kind}\0{identifier}"));
        return string.Create(IdLetters, digest, static (letters, octets) =>
        {
            for (var i = 0; i < letters.Length; i++) letters[i] = Alphabet[octets[i] % Alphabet.Length];
        });
    }

    /// <summary>One client, or null.</summary>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async ValueTask<ClientRecord?> FindAsync(Jid account, string id, CancellationToken cancel = default) =>
        await Engine.GetAsync(Collection, account, id, cancel) is { } bytes ? ClientForm.Read(id, bytes.Span) : null;

    /// <summary>True when an account has the password still that it had when it was proven.</summary>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async ValueTask<bool> IsProvenAsync(Account proven, CancellationToken cancel = default) =>
        await accounts.FindAsync(proven.Jid, cancel) is { } found && found.HasKeysOf(proven);

    /// <summary>The clients of an account, in no order, with every change that was begun before.</summary>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async ValueTask<IReadOnlyList<ClientRecord>> ListAsync(Jid account, CancellationToken cancel = default)
    {
        using var turn = await accounts.Turns.TakeAsync(account, cancel);
        return await ReadAsync(account, cancel);
    }

    /// <summary>
    /// Changes one client. The change gets the client as it is, null for one that is not known, and returns it as it is to be; the same or
    /// null for no change. Never brings back what a deleted account left. Durable on return.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="id">The client.</param>
    /// <param name="change">The change; called once, while nobody else changes a client of this account or its password.</param>
    /// <param name="proven">The account when its password was proven, if that is what allows the change: nothing is changed when it has another now.</param>
    /// <param name="now">The time, when the client has come; others are looked at when it is new, and once a day.</param>
    /// <param name="horizon">Those that were not seen since then and have no token are forgotten.</param>
    /// <param name="stays">Those for which this is true are never forgotten.</param>
    /// <returns>False when there is no such account any more, or not with that password.</returns>
    /// <exception cref="StorageException">The store cannot be read, or the change could not be written.</exception>
    public async Task<bool> ChangeAsync(Jid account, string id, Func<ClientRecord?, ClientRecord?> change, Account? proven = null, DateTimeOffset now = default, DateTimeOffset horizon = default, Predicate<ClientRecord>? stays = null)
    {
        using var turn = await accounts.Turns.TakeAsync(account, CancellationToken.None);
        if (await accounts.FindAsync(account) is not { } found || (proven is not null && !found.HasKeysOf(proven))) return false;
        var before = await FindAsync(account, id);
        var after = change(before);
        if (after is null || after == before) return true;
        var batch = new StorageBatch().Put(Collection, account, id, ClientForm.Write(after));
        if (now != default && before?.LastSeen.UtcDateTime.Date != after.LastSeen.UtcDateTime.Date) await ForgetAsync(account, id, batch, now, horizon, stays ?? (static _ => false));
        await Engine.Commit(batch);
        return true;
    }

    /// <summary>Puts into a batch that nothing lets the clients of an account in any more: its password is another one.</summary>
    internal static async Task LockAsync(StorageEngine engine, Jid account, StorageBatch batch)
    {
        foreach (var (id, bytes) in await engine.RangeAsync(Collection, account))
            batch.Put(Collection, account, id, ClientForm.Write(ClientForm.Read(id, bytes.Span).Locked()));
    }

    private async ValueTask<IReadOnlyList<ClientRecord>> ReadAsync(Jid account, CancellationToken cancel) =>
        [.. (await Engine.RangeAsync(Collection, account, cancel: cancel)).Select(static entry => ClientForm.Read(entry.Key, entry.Value.Span))];

    private async Task ForgetAsync(Jid account, string id, StorageBatch batch, DateTimeOffset now, DateTimeOffset horizon, Predicate<ClientRecord> stays)
    {
        // Who could come in with a token would be locked out by being forgotten.
        var others = (await ReadAsync(account, CancellationToken.None))
            .Where(client => client.Id != id)
            .OrderByDescending(client => stays(client))
            .ThenByDescending(client => client.HasToken(now))
            .ThenByDescending(static client => client.LastSeen);
        var rank = 0;
        foreach (var client in others)
        {
            rank++;
            if (!stays(client) && (rank >= MaxClients || (client.LastSeen < horizon && !client.HasToken(now)))) batch.Delete(Collection, account, client.Id);
        }
    }
}
