using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>What the commands ask for, done on the store itself or by the server that runs.</summary>
public interface IAdministration
{
    /// <summary>Adds accounts; returns those that existed already and were left alone. Durable on return.</summary>
    Task<IReadOnlyList<Jid>> AddAsync(IReadOnlyList<Account> accounts, CancellationToken cancel);

    /// <summary>Replaces an account's keys; false when there is no such account.</summary>
    Task<bool> SetKeysAsync(Jid account, IReadOnlyList<ScramKeys> keys, CancellationToken cancel);

    /// <summary>Deletes an account and everything that anybody keeps of it; false when there is no such account.</summary>
    Task<bool> DeleteAsync(Jid account, CancellationToken cancel);

    /// <summary>A page of the accounts of a domain, ascending.</summary>
    Task<IReadOnlyList<Jid>> ListAsync(string domain, Jid? after, int limit, CancellationToken cancel);

    /// <summary>The clients that have access to an account, the one seen last first; null when there is no such account.</summary>
    Task<IReadOnlyList<KnownClient>?> ListClientsAsync(Jid account, CancellationToken cancel);

    /// <summary>Revokes a client's tokens and ends its sessions; null when there is no such account. Durable on return.</summary>
    Task<Revocation?> RevokeClientAsync(Jid account, string client, CancellationToken cancel);

    /// <summary>Which services an account is without, beside what its domain is; null when there is no such account.</summary>
    Task<ServicesOff?> FindServicesAsync(Jid account, CancellationToken cancel);

    /// <summary>Gives an account services and takes them away; false when there is no such account. Durable on return.</summary>
    Task<bool> SetServicesAsync(Jid account, ServicesOff off, CancellationToken cancel);

    /// <summary>Writes an archive of everything to a new file.</summary>
    Task BackupAsync(string file, CancellationToken cancel);
}
