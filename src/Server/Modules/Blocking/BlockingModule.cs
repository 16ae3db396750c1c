using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Blocking;

/// <summary>
/// XEP-0191: Blocking Command. The list is in memory with its account, so that rules decide without waiting; a change is decided, told
/// and handed to the store under the account's gate, and answered when it is durable. A block is about what comes in from then on: a message
/// that was accepted before it is in the inbox and is delivered; a request for a subscription is not shown while its sender is blocked.
/// </summary>
internal sealed class BlockingModule(
    Notifications notifications, PresenceDelivery delivery, Fetches fetches, Presentities presentities, LocalDomains domains) : IModule
{
    public const string Ns = "urn:xmpp:blocking";
    private readonly BlockingPresence presence = new(notifications, delivery, fetches, presentities, domains);
    private BlockingOptions options = null!;
    private KeyedStore store = null!;
    private AccountState<BlockingState> states = null!;
    private long pushes;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<BlockingOptions>("blocking");
        store = module.OpenKeyed("blocking");
        states = module.OpenAccountState(LoadAsync);
        var rules = new BlockingRules(states);
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "blocklist", ListAsync)
            .OnSet(Addressee.Account, Ns, "block", (iq, _) => BlockAsync(iq))
            .OnSet(Addressee.Account, Ns, "unblock", (iq, _) => UnblockAsync(iq))
            .OnReceive<Stanza>(rules.OnReceive)
            .OnSend<Stanza>(rules.OnSend);
    }

    private async ValueTask<BlockingState> LoadAsync(Jid account, CancellationToken cancel)
    {
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> stored = await store.ListAsync(account, cancel);
        return new BlockingState(stored.Count == 0 ? BlockList.Empty : BlockList.Of(stored.Select(entry => Jid.Parse(entry.Key))), []);
    }

    private async ValueTask<IqReply> ListAsync(IqContext iq, CancellationToken cancel)
    {
        ClientSession session = iq.Session!;
        Presentity presentity = iq.Presentity!;
        await session.Outbox.WaitForRoomAsync(cancel);
        lock (presentity.Gate)
        {
            BlockingState state = states.Of(presentity);
            // Sessions that have ended are forgotten here, where new ones are added.
            states.Set(presentity, state with { Asked = state.Asked.Intersect(presentity.Sessions).Add(session) });
            // Put into the outbox here, so that no push of a later change overtakes it.
            session.Outbox.Answer(iq.Request.ToResult(ToElement("blocklist", state.List.Items)));
        }
        return IqReply.Sent;
    }

    private ValueTask<IqReply> BlockAsync(IqContext iq)
    {
        if (Read(iq, out Jid[] items) is { } error) return new(error);
        if (items.Length == 0) return new(StanzaError.BadRequest);
        // XEP-0191 §5: one's own resources are never blocked.
        if (items.Any(item => item.Bare == iq.Target)) return new(StanzaError.NotAllowed);
        return ChangeAsync(iq, "block", items, list => (list.Add(items), items));
    }

    private ValueTask<IqReply> UnblockAsync(IqContext iq)
    {
        if (Read(iq, out Jid[] items) is { } error) return new(error);
        // XEP-0191 §3.5: without an item, everything.
        return ChangeAsync(iq, "unblock", items, list => items.Length == 0 ? (BlockList.Empty, [.. list.Items]) : (list.Remove(items), items));
    }

    /// <summary>Changes the list as a whole.</summary>
    /// <param name="iq">The request.</param>
    /// <param name="command">block or unblock.</param>
    /// <param name="told">The items as they were asked, for the pushes.</param>
    /// <param name="change">From the old list: the new one, and the items it differs in.</param>
    private async ValueTask<IqReply> ChangeAsync(
        IqContext iq, string command, Jid[] told, Func<BlockList, (BlockList List, IReadOnlyCollection<Jid> Items)> change)
    {
        Presentity presentity = iq.Presentity!;
        BlockList before, after;
        Task commit;
        lock (presentity.Gate)
        {
            BlockingState state = states.Of(presentity);
            before = state.List;
            (after, IReadOnlyCollection<Jid> items) = change(before);
            if (options.MaxItems > 0 && after.Count > options.MaxItems && after.Count > before.Count)
                return StanzaError.PolicyViolation with { Text = $"At most {options.MaxItems} addresses can be blocked." };

            commit = presentity.Commit(ToBatch(presentity.Address, items, after));
            states.Set(presentity, state with { List = after });
            presence.Tell(presentity, items, before, after);
            Push(presentity, state, command, told);
        }
        presence.FetchAgain(presentity, before, after);
        await Subscriptions.DurableAsync(presentity, commit);
        return IqReply.Done;
    }

    private StorageBatch ToBatch(Jid account, IEnumerable<Jid> items, BlockList after)
    {
        var batch = new StorageBatch();
        foreach (Jid item in items)
        {
            if (after.Contains(item)) batch.Put(store.Collection, account, item.ToString(), default);
            else batch.Delete(store.Collection, account, item.ToString());
        }
        return batch;
    }

    /// <summary>XEP-0191 §3.3: to the resources that asked for the list. Under the gate.</summary>
    private void Push(Presentity presentity, BlockingState state, string command, Jid[] items)
    {
        foreach (ClientSession session in presentity.Sessions.Where(state.Asked.Contains))
        {
            session.Push(new Iq
            {
                Type = IqType.Set,
                Id = string.Create(CultureInfo.InvariantCulture, $"blocking-{Interlocked.Increment(ref pushes)}"),
                To = session.Address,
                Content = StanzaContent.Of(ToElement(command, items)),
            });
        }
    }

    /// <summary>The items of a request; an error when one of them is not in order.</summary>
    private static StanzaError? Read(IqContext iq, out Jid[] items)
    {
        items = [];
        var read = new List<Jid>();
        foreach (Element item in iq.Payload.Children)
        {
            if (!item.Is(Ns, "item") || item["jid"] is not { } text) return StanzaError.BadRequest;
            if (!Jid.TryParse(text, out Jid? jid)) return StanzaError.JidMalformed;
            read.Add(jid);
        }
        items = [.. read.Distinct()];
        return null;
    }

    private static Element ToElement(string name, IEnumerable<Jid> items) => new(Ns, name,
        items.Select(item => new Element(Ns, "item", new XmlAttribute(new QName("", "jid"), item.ToString()))));
}
