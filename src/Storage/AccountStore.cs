using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Storage;

/// <summary>Accounts as a view over keyed collections. One for each engine: it keeps its own changes apart.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing that needs to be disposed.")]
public sealed class AccountStore(StorageEngine engine)
{
    /// <summary>The collection that has one key for each account.</summary>
    public const string Collection = "account";

    /// <summary>Addresses remembered for each account.</summary>
    public const int MaxAddresses = 32;

    private const string Addresses = "account-addresses";
    internal const string Record = "record";
    private const int ImportBatch = 1000;

    // An address in daily use is written down once a day, not at each login.
    private static readonly TimeSpan RememberAgainAfter = TimeSpan.FromDays(1);

    // Look first, then change: one at a time.
    private readonly SemaphoreSlim changes = new(1, 1);

    public StorageEngine Engine { get; } = engine;

    /// <summary>One change of an account and of its clients at a time.</summary>
    internal AccountTurns Turns { get; } = new();

    /// <summary>The account, or null.</summary>
    public async ValueTask<Account?> FindAsync(Jid jid, CancellationToken cancel = default) =>
        await Engine.GetAsync(Collection, jid, Record, cancel) is { } bytes ? AccountForm.Read(jid, bytes.Span) : null;

    /// <summary>False when it exists. Durable on return.</summary>
    public Task<bool> AddAsync(Account account, CancellationToken cancel = default) =>
        ChangeAsync(account.Jid, wanted: false, (batch, _) => Put(batch, account), cancel);

    /// <summary>Adds many in few commits; returns those that existed already and were left alone. Durable on return.</summary>
    public async Task<IReadOnlyList<Jid>> ImportAsync(IEnumerable<Account> accounts, CancellationToken cancel = default)
    {
        await changes.WaitAsync(cancel);
        try
        {
            var known = new List<Jid>();
            foreach (var some in accounts.Chunk(ImportBatch))
            {
                var batch = new StorageBatch();
                var added = new HashSet<Jid>();
                foreach (var account in some)
                {
                    if (!added.Add(account.Jid) || await Engine.GetAsync(Collection, account.Jid, Record, cancel) is not null)
                        known.Add(account.Jid);
                    else
                        batch.Put(Collection, account.Jid, Record, AccountForm.Write(account));
                }
                await Engine.Commit(batch);
            }
            return known;
        }
        finally
        {
            changes.Release();
        }
    }

    /// <summary>
    /// False when there is no such account. With other keys its password is another one, and every token of its clients is revoked.
    /// Durable on return.
    /// </summary>
    public Task<bool> ReplaceAsync(Account account, CancellationToken cancel = default) => ChangeAsync(
        account.Jid,
        wanted: true,
        (batch, before) =>
        {
            Put(batch, account);
            return account.HasKeysOf(before!) ? Task.CompletedTask : ClientStore.LockAsync(Engine, account.Jid, batch);
        },
        cancel);

    /// <summary>
    /// Adds keys of a hash of which the account has none; those it has stay as they are. False when it is not there any more, or its
    /// password is another one by now. Durable on return.
    /// </summary>
    /// <param name="seen">The account as it was when the keys were asked for.</param>
    /// <param name="keys">What is added.</param>
    /// <param name="cancel">Ends the wait for other changes.</param>
    public async Task<bool> AddKeysAsync(Account seen, ScramKeys keys, CancellationToken cancel = default)
    {
        using var turn = await Turns.TakeAsync(seen.Jid, cancel);
        if (await FindAsync(seen.Jid, cancel) is not { } account || !account.HasKeysOf(seen)) return false;
        // Another client may have been faster.
        if (account.Keys.Any(other => other.Hash == keys.Hash)) return true;
        var batch = new StorageBatch();
        await Put(batch, account with { Keys = [.. account.Keys, keys] });
        await Engine.Commit(batch);
        return true;
    }

    /// <summary>
    /// Deletes everything stored under the account: log, roster, keys, module data. What others hold of it (roster items, pending
    /// requests) is the caller's business: <see cref="RosterStore.FindHoldersAsync"/>. False when there is no such account. Durable on return.
    /// </summary>
    public Task<bool> DeleteAsync(Jid jid, CancellationToken cancel = default) =>
        ChangeAsync(jid, wanted: true, (batch, _) => Delete(batch, jid), cancel);

    /// <summary>Accounts of a domain, ascending by octets, in pages.</summary>
    public ValueTask<IReadOnlyList<Jid>> ListAsync(string domain, Jid? after, int limit, CancellationToken cancel = default) =>
        Engine.ListAccountsAsync(Collection, domain, after, limit, cancel);

    /// <summary>
    /// Remembers that an address has logged in to an account (the <see cref="MaxAddresses"/> latest of each account), so that others'
    /// failures never keep it out.
    /// </summary>
    public async Task RememberAddressAsync(Jid jid, string addressPrefix, DateTimeOffset time, CancellationToken cancel = default)
    {
        var known = await Engine.RangeAsync(Addresses, jid, cancel: cancel);
        var ticks = time.UtcTicks;
        if (known.Any(address => address.Key == addressPrefix && ticks - Ticks(address.Value) < RememberAgainAfter.Ticks)) return;
        var batch = new StorageBatch();
        var others = known.Where(address => address.Key != addressPrefix).OrderByDescending(address => Ticks(address.Value));
        foreach (var (address, _) in others.Skip(MaxAddresses - 1)) batch.Delete(Addresses, jid, address);
        var value = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, ticks);
        await Engine.Commit(batch.Put(Addresses, jid, addressPrefix, value));
    }

    public async ValueTask<bool> HasLoggedInFromAsync(Jid jid, string addressPrefix, CancellationToken cancel = default) =>
        await Engine.GetAsync(Addresses, jid, addressPrefix, cancel) is not null;

    private static long Ticks(ReadOnlyMemory<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value.Span);

    private static Task Put(StorageBatch batch, Account account)
    {
        batch.Put(Collection, account.Jid, Record, AccountForm.Write(account));
        return Task.CompletedTask;
    }

    private static Task Delete(StorageBatch batch, Jid jid)
    {
        batch.DeleteAccount(jid);
        return Task.CompletedTask;
    }

    private async Task<bool> ChangeAsync(Jid jid, bool wanted, Func<StorageBatch, Account?, Task> change, CancellationToken cancel)
    {
        await changes.WaitAsync(cancel);
        try
        {
            using var turn = await Turns.TakeAsync(jid, cancel);
            var before = await FindAsync(jid, cancel);
            if (before is not null != wanted) return false;
            var batch = new StorageBatch();
            await change(batch, before);
            await Engine.Commit(batch);
            return true;
        }
        finally
        {
            changes.Release();
        }
    }
}
