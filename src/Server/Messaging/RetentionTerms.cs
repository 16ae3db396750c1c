using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>How long the delivered messages of an account are kept: as long as the server says (<c>inbox.retentionDays</c>), or shorter where its owner does.</summary>
public sealed class RetentionTerms(TimeProvider clock, ServerOptions options)
{
    /// <summary>The largest number of days that can be said, as in the configuration.</summary>
    internal const int MostDays = 36500;

    private const string Key = "days";
    private KeyedStore? store;

    /// <summary>Days at most, for every account; 0: for ever.</summary>
    public int Longest => options.Inbox.RetentionDays;

    /// <summary>From now on owners may say it, in this collection; once, before the first connection.</summary>
    internal void Attach(KeyedStore keyed) => store = keyed;

    /// <summary>Days that hold for an account; 0: for ever.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask<int> DaysOfAsync(Jid account, CancellationToken cancel) => await OwnDaysOfAsync(account, cancel) switch
    {
        { } own and > 0 when Longest == 0 || own < Longest => own,
        _ => Longest,
    };

    /// <summary>Days that the owner has said; null: nothing.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask<int?> OwnDaysOfAsync(Jid account, CancellationToken cancel) =>
        store is not null && await store.GetAsync(account, Key, cancel) is { } stored ? int.Parse(stored.Span, CultureInfo.InvariantCulture) : null;

    /// <summary>What was received before is not kept any more once it was delivered, and no archive shows it; null: everything is kept.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask<DateTimeOffset?> CutAsync(Jid account, CancellationToken cancel) =>
        await DaysOfAsync(account, cancel) is > 0 and var days ? clock.GetUtcNow() - TimeSpan.FromDays(days) : null;

    /// <summary>The owner says it; null: as the server does.</summary>
    internal StorageBatch Put(StorageBatch batch, Jid account, int? days) => days is { } some
        ? batch.Put(store!.Collection, account, Key, Encoding.ASCII.GetBytes(some.ToString(CultureInfo.InvariantCulture)))
        : batch.Delete(store!.Collection, account, Key);
}
