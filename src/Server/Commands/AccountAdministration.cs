using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>Administration on the open store: by a command while no server runs, and inside the server for the control socket.</summary>
/// <param name="options">The configuration.</param>
/// <param name="store">The accounts.</param>
/// <param name="rosters">The rosters.</param>
/// <param name="clients">The accounts' clients; with their sessions in a running server.</param>
/// <param name="time">The clock.</param>
/// <param name="deleteLive">
/// Given by a running server: ends the account's sessions, tells its contacts and deletes it; false when there is no such account. Where it is
/// null nobody is online, and the contacts' rosters are changed in the store.
/// </param>
/// <param name="setServicesLive">As that, of an account's services.</param>
public sealed class AccountAdministration(ServerOptions options, AccountStore store, RosterStore rosters, KnownClients clients, TimeProvider time, Func<Jid, CancellationToken, Task<bool>>? deleteLive = null, Func<Jid, ServicesOff, CancellationToken, Task<bool>>? setServicesLive = null) : IAdministration
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Jid>> AddAsync(IReadOnlyList<Account> accounts, CancellationToken cancel)
    {
        foreach (Account account in accounts) Require(account.Jid);
        List<Account> dated = [.. accounts.Select(account => account with { Created = time.GetUtcNow() })];
        if (dated is not [Account one]) return await store.ImportAsync(dated, cancel);
        return await store.AddAsync(one, cancel) ? [] : [one.Jid];
    }

    /// <inheritdoc/>
    public async Task<bool> SetKeysAsync(Jid account, IReadOnlyList<ScramKeys> keys, CancellationToken cancel)
    {
        if (await store.FindAsync(account, cancel) is not { } found || !await store.ReplaceAsync(found with { Keys = keys }, cancel)) return false;
        clients.PasswordChanged(account, asker: null);
        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(Jid account, CancellationToken cancel)
    {
        if (deleteLive is not null) return await deleteLive(account, cancel);
        if (await store.FindAsync(account, cancel) is null) return false;
        // What others of ours hold goes first: a crash in between leaves an account that can be deleted again.
        await ForgetByOthersAsync(account, cancel);
        return await store.DeleteAsync(account, cancel);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Jid>> ListAsync(string domain, Jid? after, int limit, CancellationToken cancel) =>
        await store.ListAsync(domain, after, limit, cancel);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KnownClient>?> ListClientsAsync(Jid account, CancellationToken cancel) =>
        await store.FindAsync(account, cancel) is null ? null : await clients.ListAsync(account, cancel);

    /// <inheritdoc/>
    public async Task<Revocation?> RevokeClientAsync(Jid account, string client, CancellationToken cancel) =>
        await store.FindAsync(account, cancel) is null ? null : await clients.RevokeAsync(account, client, asker: null, cancel);

    /// <inheritdoc/>
    public async Task<ServicesOff?> FindServicesAsync(Jid account, CancellationToken cancel) =>
        await store.FindAsync(account, cancel) is null ? null : await AccountServices.ReadAsync(store.Engine, account, cancel);

    /// <inheritdoc/>
    public async Task<bool> SetServicesAsync(Jid account, ServicesOff off, CancellationToken cancel)
    {
        if (setServicesLive is not null) return await setServicesLive(account, off, cancel);
        if (await store.FindAsync(account, cancel) is null) return false;
        var batch = new StorageBatch();
        AccountServices.Write(batch, account, off);
        await store.Engine.Commit(batch);
        return true;
    }

    /// <inheritdoc/>
    public Task BackupAsync(string file, CancellationToken cancel) => Backup.CreateAsync(store.Engine, options.DataDirectory, file, cancel);

    /// <summary>Each holder's item as if unsubscribe and unsubscribed had come from the account; a mere request disappears.</summary>
    private async Task ForgetByOthersAsync(Jid account, CancellationToken cancel)
    {
        foreach (Jid holder in await rosters.FindHoldersAsync(account, cancel))
        {
            if (holder == account) continue;
            Roster roster = await rosters.LoadAsync(holder, cancel);
            if (roster.Items.FirstOrDefault(item => item.Jid == account) is not { } item) continue;
            var batch = new StorageBatch();
            if (!item.InRoster)
            {
                rosters.Remove(batch, holder, account, roster.Version, tombstone: false);
            }
            else
            {
                SubscriptionState state = SubscriptionMachine.Inbound(item.State, SubscribeType.Unsubscribe, item.Approved).State;
                state = SubscriptionMachine.Inbound(state, SubscribeType.Unsubscribed, item.Approved).State;
                if (state == item.State && item.PendingRequest is null && !item.Approved) continue;
                long version = roster.Version + 1;
                rosters.Save(batch, holder, item with { State = state, PendingRequest = null, Approved = false, Version = version }, version);
            }
            await store.Engine.Commit(batch);
        }
    }

    /// <exception cref="CommandRefusedException">The address is not one of ours.</exception>
    private void Require(Jid account)
    {
        if (!options.Domains.Contains(account.Domain, StringComparer.Ordinal))
            throw new CommandRefusedException($"{account}: the server does not serve {account.Domain}, only {string.Join(", ", options.Domains)}");
    }
}
