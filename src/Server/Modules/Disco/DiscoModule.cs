using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;

namespace PresenceXml.Server.Modules.Disco;

/// <summary>
/// XEP-0030: Service Discovery, XEP-0115: Entity Capabilities of the server, XEP-0157: contact addresses. Answers from what the modules
/// declared. Who may not see an account's presence is answered as if it did not exist: service-unavailable (XEP-0030 §8; for
/// disco#items RFC 6121 §8.5.1 wins over the empty list of XEP-0030).
/// </summary>
public sealed class DiscoModule(ServiceCatalog catalog, AccessRules access, ComponentDomains components) : IModule
{
    public const string ItemsNs = "http://jabber.org/protocol/disco#items";
    public const string CapsNs = "http://jabber.org/protocol/caps";

    /// <summary>What names this software in its capabilities (XEP-0115 §4).</summary>
    public const string CapsNode = "urn:x-presencexml:server:0";

    /// <summary>Says that a stranger cannot tell what an account is (<c>docs/protocol/no-disclosure.md</c>).</summary>
    public const string NoDisclosure = "urn:x-presencexml:no-disclosure:0";

    private Lazy<DiscoInfo> domain = null!;
    private Lazy<DiscoInfo> account = null!;
    private Lazy<string> version = null!;

    public void Register(ModuleBuilder module)
    {
        DiscoOptions options = module.Options<DiscoOptions>("disco");
        // Lazy: the catalogue is complete when every module has registered.
        domain = new(() => Describe(Addressee.Domain, ServerInfoForm.Build(options.ContactAddresses)));
        account = new(() => Describe(Addressee.Account, null));
        version = new(() => domain.Value.VerificationString());
        foreach (Addressee addressee in new[] { Addressee.Domain, Addressee.Account })
            module.Feature(addressee, DiscoInfo.Ns).Feature(addressee, ItemsNs);
        module
            .Feature(Addressee.Domain, CapsNs)
            .Feature(Addressee.Domain, NoDisclosure)
            .Identity(Addressee.Domain, "server", "im", Software.Name)
            .Identity(Addressee.Account, "account", "registered")
            .StreamFeature(Capabilities)
            .OnGet(Addressee.Domain, DiscoInfo.Ns, "query", DomainInfoAsync)
            .OnGet(Addressee.Domain, ItemsNs, "query", DomainItemsAsync)
            .OnGet(Addressee.Account, DiscoInfo.Ns, "query", AccountInfoAsync, strangers: true)
            .OnGet(Addressee.Account, ItemsNs, "query", AccountItemsAsync, strangers: true);
    }

    private Element Capabilities() => new(CapsNs, "c",
        Attribute("hash", "sha-1"), Attribute("node", CapsNode), Attribute("ver", version.Value));

    private ValueTask<IqReply> DomainInfoAsync(IqContext iq, CancellationToken cancel)
    {
        string? node = iq.Payload["node"];
        if (node is null or "" || node == CapsNode + "#" + version.Value) return new(domain.Value.ToQuery(node));
        return catalog.Node(Addressee.Domain, node)?.Info(iq, cancel) ?? new(StanzaError.ItemNotFound);
    }

    private ValueTask<IqReply> DomainItemsAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["node"] is not (null or "") and string node)
            return catalog.Node(Addressee.Domain, node)?.Items(iq, cancel) ?? new(StanzaError.ItemNotFound);
        return new(new Element(ItemsNs, "query",
            from component in components.ConnectedAt(iq.Target.Domain).Concat(catalog.Items(iq.Target.Domain))
            select new Element(ItemsNs, "item", Attribute("jid", component))));
    }

    private ValueTask<IqReply> AccountInfoAsync(IqContext iq, CancellationToken cancel)
    {
        if (!MayLearn(iq)) return new(StanzaError.ServiceUnavailable);
        string? node = iq.Payload["node"];
        if (node is null or "") return new(account.Value.ToQuery(node));
        return catalog.Node(Addressee.Account, node)?.Info(iq, cancel) ?? new(StanzaError.ItemNotFound);
    }

    private ValueTask<IqReply> AccountItemsAsync(IqContext iq, CancellationToken cancel)
    {
        AccessDecision decision = access.Learn(iq.Presentity!, iq.From);
        if (!decision.IsAllowed && !decision.SeesAbsence) return new(StanzaError.ServiceUnavailable);
        if (iq.Payload["node"] is not (null or "") and string node)
            return catalog.Node(Addressee.Account, node)?.Items(iq, cancel) ?? new(StanzaError.ItemNotFound);
        return new(new Element(ItemsNs, "query",
            from session in iq.Presentity!.Sessions
            where iq.IsOwner ? session.IsAvailable : decision.Shown(session.ShownPresence) is not null
            select new Element(ItemsNs, "item", Attribute("jid", session.Address.ToString()))));
    }

    private bool MayLearn(IqContext iq) => iq.IsOwner || access.MayLearn(iq.Presentity!, iq.From);

    private DiscoInfo Describe(Addressee addressee, Element? form) => new(
        [.. catalog.Identities(addressee).Select(identity => new DiscoIdentity(identity.Category, identity.Type, null, identity.Name))],
        catalog.Features(addressee),
        form is null ? [] : [form]);

    private static XmlAttribute Attribute(string name, string value) => new(new QName("", name), value);
}
