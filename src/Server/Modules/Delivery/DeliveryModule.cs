using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Delivery;

/// <summary>
/// <c>urn:x-presencexml:delivery:0</c>: the owner reads, changes and tries his DELIVERY RULES (RFC 2778 §2.2). See docs/protocol/delivery-rules.md.
/// </summary>
internal sealed class DeliveryModule(Rules.Delivery.DeliveryRules delivery, DeliveryReports reports, Strengths strengths, ILogger<DeliveryModule> logger) : IModule
{
    public const string Ns = DeliveryTest.Ns;
    private const string Key = "rules";
    private DeliveryRuleSet byDefault = DeliveryRuleSet.Empty;
    private DeliveryState untouched = null!;
    private DeliveryOptions options = null!;
    private KeyedStore store = null!;
    private AccountState<DeliveryState> states = null!;
    private DeliveryTrial trial = null!;
    private long pushes;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<DeliveryOptions>("deliveryRules");
        // Opened even where they are off, for what is stored goes with its account.
        store = module.OpenKeyed("delivery");
        KeyedStore reported = module.OpenKeyed("deliveryReports");
        if (!options.Enabled)
            return;
        byDefault = DeliveryDefaults.Of(options.Strangers, 0);
        untouched = new DeliveryState(byDefault, DeliveryNotes.Empty, []);
        states = module.OpenAccountState(LoadAsync);
        delivery.Attach(states.Of, states.Set, store.Collection);
        reports.Attach(reported, options.ReportTo is { } to ? Jid.Parse(to) : null);
        trial = new DeliveryTrial(delivery, strengths);
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "delivery", GetAsync)
            .OnSet(Addressee.Account, Ns, "delivery", (iq, _) => SetAsync(iq))
            .OnGet(Addressee.Account, Ns, "reports", async (iq, cancel) => new Element(Ns, "reports", await reports.ListAsync(iq.Target, cancel)))
            .OnSend<Message>(Note);
        new DeliveryCommands(
            presentity => states.Of(presentity).Rules,
            async (context, rules) => await ReplaceAsync(context.Presentity, rules.Version, rules, context.Session) is not null).Register(module);
    }

    private Verdict Note(in RuleContext<Message> context)
    {
        if (!context.Stanza.IsError && !context.Stanza.Content.Has(Ns, AutoReply.Marker))
            delivery.Written(context.Owner, context.Peer);
        return Verdict.Pass;
    }

    private async ValueTask<DeliveryState> LoadAsync(Jid account, CancellationToken cancel)
    {
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> stored = await store.ListAsync(account, cancel);
        if (stored.Count == 0)
            return untouched;
        DeliveryRuleSet rules = byDefault;
        foreach ((string key, ReadOnlyMemory<byte> value) in stored)
        {
            if (key == Key)
                rules = Read(account, value);
        }
        return new DeliveryState(rules, DeliveryNotes.Read(stored), []);
    }

    // What was in order once may not be in order now: a time zone may be gone. Everything is delivered then, and it is said.
    private DeliveryRuleSet Read(Jid account, ReadOnlyMemory<byte> stored)
    {
        long version = 0;
        try
        {
            Element element = Element.Parse(stored.Span);
            version = long.Parse(element["ver"]!, CultureInfo.InvariantCulture);
            return element.Child(Ns, "default") is null ? DeliveryReader.Read(element, version) : DeliveryDefaults.Of(options.Strangers, version);
        }
        catch (FormatException wrong)
        {
            DeliveryModuleLog.Unreadable(logger, wrong, account);
            return DeliveryRuleSet.Empty.At(version);
        }
    }

    private async ValueTask<IqReply> GetAsync(IqContext iq, CancellationToken cancel)
    {
        ClientSession session = iq.Session!;
        Presentity presentity = iq.Presentity!;
        if (iq.Payload["test"] is not null)
            return trial.Run(presentity, iq.Payload, states.Of(presentity).Rules);
        await session.Outbox.WaitForRoomAsync(cancel);
        lock (presentity.Gate)
        {
            DeliveryState state = states.Of(presentity);
            // Sessions that have ended are forgotten here, where new ones are added.
            states.Set(presentity, state with { Asked = state.Asked.Intersect(presentity.Sessions).Add(session) });
            // Put into the outbox here, so that no push of a later change overtakes it.
            session.Outbox.Answer(iq.Request.ToResult(state.Rules.ToElement()));
        }
        return IqReply.Sent;
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq)
    {
        if (!long.TryParse(iq.Payload["ver"], NumberStyles.None, CultureInfo.InvariantCulture, out long known))
            return StanzaError.BadRequest with { Text = "ver is missing: the version that is changed, 0 for an account without rules." };
        if (iq.Request.Content.Length > DeliveryRuleSet.MaxBytes)
            return StanzaError.PolicyViolation with { Text = $"Rules take {DeliveryRuleSet.MaxBytes} bytes at most." };
        DeliveryRuleSet wanted;
        try
        {
            wanted = Wanted(iq.Payload);
        }
        catch (FormatException wrong)
        {
            return StanzaError.BadRequest with { Text = wrong.Message };
        }
        if (await ReplaceAsync(iq.Presentity!, known, wanted, iq.Session) is not { } version)
            return StanzaError.Conflict with { Text = "The rules were changed meanwhile." };
        return Versioned(version);
    }

    private DeliveryRuleSet Wanted(Element payload)
    {
        foreach (Element child in payload.Children)
        {
            if (child.Namespace != Ns || child.LocalName is not ("rule" or "demand" or "default"))
                throw new FormatException($"<{child.LocalName}/> is neither a rule nor a demand.");
        }
        if (payload.Child(Ns, "default") is null)
            return DeliveryReader.Read(payload, 0);
        return payload.Children.Count() == 1 ? DeliveryDefaults.Of(options.Strangers, 1) : throw new FormatException("<default/> stands beside rules.");
    }

    /// <summary>Replaces all rules of an account; durable on return. Null: the version is another one.</summary>
    /// <param name="presentity">The account.</param>
    /// <param name="known">The version that is changed; null: whatever it is.</param>
    /// <param name="wanted">The new ones.</param>
    /// <param name="by">Who changes them and need not be told.</param>
    private async ValueTask<long?> ReplaceAsync(Presentity presentity, long? known, DeliveryRuleSet wanted, ClientSession? by)
    {
        Task commit;
        long version;
        lock (presentity.Gate)
        {
            DeliveryState state = states.Of(presentity);
            if (known is not null && known != state.Rules.Version)
                return null;
            version = state.Rules.Version + 1;
            DeliveryRuleSet rules = wanted.IsDefault ? DeliveryDefaults.Of(options.Strangers, version) : wanted.At(version);
            Element kept = wanted.IsDefault ? Versioned(version).With(new Element(Ns, "default")) : rules.ToElement();
            commit = presentity.Commit(new StorageBatch().Put(store.Collection, presentity.Address, Key, Encoding.UTF8.GetBytes(kept.ToString())));
            states.Set(presentity, state with { Rules = rules });
            Push(presentity, state.Asked, by, version);
        }
        await Subscriptions.DurableAsync(presentity, commit);
        return version;
    }

    // Under the gate.
    private void Push(Presentity presentity, ImmutableHashSet<ClientSession> asked, ClientSession? by, long version)
    {
        foreach (ClientSession session in presentity.Sessions)
        {
            if (session == by || !asked.Contains(session))
                continue;
            session.Push(new Iq
            {
                Type = IqType.Set,
                Id = string.Create(CultureInfo.InvariantCulture, $"delivery-{Interlocked.Increment(ref pushes)}"),
                To = session.Address,
                Content = StanzaContent.Of(Versioned(version)),
            });
        }
    }

    private static Element Versioned(long version) => new(Ns, "delivery", new XmlAttribute("ver", version.ToString(CultureInfo.InvariantCulture)));
}
