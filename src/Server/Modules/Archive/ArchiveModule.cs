using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>
/// XEP-0313: Message Archive Management, XEP-0059: its pages, XEP-0441: its preferences. The archive is the log of the account's inbox (D4),
/// for its owner alone. Results go through the session's outbox and wait for room there; what they show is delivered with them.
/// </summary>
public sealed class ArchiveModule(InboxStore inbox, RetentionTerms terms) : IModule
{
    public const string Ns = MessageNamespaces.Archive;
    private const string Key = "prefs";
    private readonly ArchiveAnswers answers = new(inbox);
    private ArchiveOptions options = null!;
    private ArchiveReader reader = null!;
    private KeyedStore store = null!;
    private AccountState<Preferences> preferences = null!;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<ArchiveOptions>("archive");
        reader = new ArchiveReader(inbox, terms, options);
        store = module.OpenKeyed("archive");
        var byDefault = new Preferences(options.Default);
        preferences = module.OpenAccountState(async (account, cancel) =>
            await store.GetAsync(account, Key, cancel) is { } stored ? Preferences.Read(stored) : byDefault);
        Announce(module, Addressee.Account);
        // COMPAT: profanity 0.13 asks the domain alone.
        if (options.AnnounceOnDomain)
            Announce(module, Addressee.Domain);
        module
            .Feature(Addressee.Account, Ns + "#groupchat-field")
            .Feature(Addressee.Account, PageRequest.Ns)
            .OnGet(Addressee.Account, Ns, "query", static (_, _) => new(QueryForm.Offer))
            .OnSet(Addressee.Account, Ns, "query", QueryAsync)
            .OnGet(Addressee.Account, Ns, "metadata", MetadataAsync)
            .OnGet(Addressee.Account, Ns, "prefs", (iq, _) => new(preferences.Of(iq.Presentity!).ToElement()))
            .OnSet(Addressee.Account, Ns, "prefs", (iq, _) => PreferAsync(iq))
            .BindAnswer(TellAsync)
            .OnArchive((owner, peer) => preferences.Of(owner).Keeps(owner, peer));
    }

    private static void Announce(ModuleBuilder module, Addressee addressee) => module.Feature(addressee, Ns).Feature(addressee, Ns + "#extended");

    private async ValueTask<IqReply> QueryAsync(IqContext iq, CancellationToken cancel)
    {
        if (QueryForm.Read(iq.Payload, options.LargestPage, out ArchiveQuery query) is { } error)
            return error;
        if (await reader.ReadAsync(iq.Target, query, cancel) is not { } page)
            return StanzaError.ItemNotFound;
        ClientSession session = iq.Session!;
        var results = new ResultWriter(inbox, iq.Target, session.Address, query.QueryId);
        for (int i = 0; i < page.Entries.Count; i++)
        {
            // §4.3.4: flipping changes only the order in which they are sent.
            LogEntry entry = page.Entries[query.IsFlipped ? page.Entries.Count - 1 - i : i];
            await session.SendAsync(results.ToResult(entry), entry.Sequence, OutboxForm.Copy, cancel);
        }
        return answers.ToFin(iq.Target, page);
    }

    private async ValueTask<IqReply> MetadataAsync(IqContext iq, CancellationToken cancel) =>
        answers.ToMetadata(iq.Target, await reader.ReadEndsAsync(iq.Target, cancel));

    // XEP-0386 §3.2.
    private async ValueTask<Element?> TellAsync(ClientSession session, CancellationToken cancel)
    {
        Jid account = session.Presentity.Address;
        return answers.ToMetadata(account, await reader.ReadEndsAsync(account, cancel));
    }

    private async ValueTask<IqReply> PreferAsync(IqContext iq)
    {
        if (Preferences.Read(iq.Payload, out Preferences wanted) is { } error)
            return error;
        if (options.MaxItems > 0 && wanted.Count > options.MaxItems)
            return StanzaError.PolicyViolation with { Text = $"At most {options.MaxItems} addresses can be listed." };
        Presentity presentity = iq.Presentity!;
        Task commit;
        lock (presentity.Gate)
        {
            commit = presentity.Commit(new StorageBatch().Put(store.Collection, presentity.Address, Key, wanted.ToBytes()));
            preferences.Set(presentity, wanted);
        }
        await Subscriptions.DurableAsync(presentity, commit);
        return wanted.ToElement();
    }
}
