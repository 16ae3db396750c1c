using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence;

/// <summary>Which of the two services (RFC 2779 §2.1.1) each account has: both, unless its domain or the operator says otherwise. In memory with the account.</summary>
public sealed class AccountServices
{
    private const string Collection = "services";
    private const string Key = "off";

    // One boxed value for each of the few there are.
    private static readonly object[] Boxed = [.. Enum.GetValues<ServicesOff>().Append(ServicesOff.Presence | ServicesOff.Messages).Order().Select(static off => (object)off)];

    private readonly StorageEngine engine;
    private readonly int slot;
    private Func<string, ServicesOff> ofDomain = static _ => ServicesOff.None;

    public AccountServices(AccountStates states, StorageEngine engine)
    {
        this.engine = engine;
        slot = states.Add(async (account, cancel) => Boxed[(int)(ofDomain(account.Domain) | await ReadAsync(engine, account, cancel))]);
    }

    /// <summary>What a loaded account has not.</summary>
    public ServicesOff Of(Presentity presentity) => (ServicesOff)presentity.GetState(slot);

    /// <summary>What the accounts of a domain have not, whatever is stored of them. Before the first account is loaded.</summary>
    internal void Attach(Func<string, ServicesOff> read) => ofDomain = read;

    /// <summary>What an account is without from now on. Under its gate; what is stored goes into the batch.</summary>
    internal void Set(Presentity presentity, ServicesOff off, StorageBatch batch)
    {
        Write(batch, presentity.Address, off);
        presentity.SetState(slot, Boxed[(int)(off | ofDomain(presentity.Address.Domain))]);
    }

    /// <summary>What is stored of an account, loaded or not.</summary>
    internal ValueTask<ServicesOff> StoredAsync(Jid account, CancellationToken cancel) => ReadAsync(engine, account, cancel);

    /// <summary>As <see cref="StoredAsync"/>, where no server runs.</summary>
    internal static async ValueTask<ServicesOff> ReadAsync(StorageEngine engine, Jid account, CancellationToken cancel) =>
        await engine.GetAsync(Collection, account, Key, cancel) is { } stored ? Enum.Parse<ServicesOff>(Encoding.UTF8.GetString(stored.Span)) : ServicesOff.None;

    /// <summary>Stores it.</summary>
    internal static void Write(StorageBatch batch, Jid account, ServicesOff off)
    {
        if (off == ServicesOff.None)
            batch.Delete(Collection, account, Key);
        else
            batch.Put(Collection, account, Key, Encoding.UTF8.GetBytes(off.ToString()));
    }
}
