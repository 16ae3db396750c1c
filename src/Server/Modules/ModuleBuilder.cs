using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules;

/// <summary>What a module is and wants, recorded once at start; frozen by <see cref="ModuleHost"/> before the first connection.</summary>
public sealed class ModuleBuilder
{
    private readonly string module;
    private readonly ModuleParts parts;

    internal ModuleBuilder(string module, ModuleParts parts)
    {
        this.module = module;
        this.parts = parts;
    }

    /// <summary>Declares a feature for service discovery (XEP-0030).</summary>
    public ModuleBuilder Feature(Addressee addressee, string ns)
    {
        parts.Catalog.AddFeature(addressee, ns);
        return this;
    }

    /// <summary>Declares an identity for service discovery.</summary>
    public ModuleBuilder Identity(Addressee addressee, string category, string type, string? name = null)
    {
        parts.Catalog.AddIdentity(addressee, new ServiceIdentity(category, type, name));
        return this;
    }

    /// <summary>A service that each domain of ours has, or not, below it: the address for a domain, null for none (XEP-0030 §4).</summary>
    public ModuleBuilder Item(Func<string, string?> service)
    {
        parts.Catalog.AddItem(service);
        return this;
    }

    /// <summary>Answers service discovery of a node (XEP-0030 §3.2, §4.2). For an account everybody gets here to whom it lets see its presence.</summary>
    public ModuleBuilder Node(Addressee addressee, string node, IqHandler info, IqHandler items)
    {
        parts.Catalog.AddNode(addressee, node, new ServiceNode(info, items));
        return this;
    }

    /// <summary>
    /// Handles iq get with this payload. For an account only its owner gets here unless <paramref name="strangers"/>; others, and those
    /// who ask an account that does not exist, are answered <paramref name="refusal"/>, which is service-unavailable unless given.
    /// </summary>
    public ModuleBuilder OnGet(Addressee addressee, string ns, string name, IqHandler handler, bool strangers = false, StanzaError? refusal = null) =>
        On(IqType.Get, addressee, ns, name, handler, strangers, refusal);

    /// <summary>As <see cref="OnGet"/>, for iq set.</summary>
    public ModuleBuilder OnSet(Addressee addressee, string ns, string name, IqHandler handler, bool strangers = false, StanzaError? refusal = null) =>
        On(IqType.Set, addressee, ns, name, handler, strangers, refusal);

    /// <summary>
    /// Offers the owner of an account an ad-hoc command (XEP-0050), for clients that know nothing of this module. It is to do what the module's iqs do,
    /// by the same code.
    /// </summary>
    /// <param name="node">Its name on the wire: the module's namespace with a fragment.</param>
    /// <param name="name">Its name for people, as they would say it.</param>
    /// <param name="first">Its first step.</param>
    public ModuleBuilder Command(string node, string name, CommandHandler first)
    {
        parts.Commands.Add(new AccountCommand(node, name, first), module);
        return this;
    }

    /// <summary>Asked of the sender's account before a stanza of its client goes on its way.</summary>
    public ModuleBuilder OnSend<T>(Rule<T> rule, int priority = RulePriority.Rules) where T : Stanza
    {
        parts.Rules.AddOnSend(rule, priority, module);
        return this;
    }

    /// <summary>Asked of the recipient's account before a stanza reaches it (each path: sessions, inbox, subscription tables, fetch answers).</summary>
    public ModuleBuilder OnReceive<T>(Rule<T> rule, int priority = RulePriority.Rules) where T : Stanza
    {
        parts.Rules.AddOnReceive(rule, priority, module);
        return this;
    }

    /// <summary>Asked whether an account's log keeps a message after its delivery; when a rule says no it only waits for its recipient, and its sender has no copy.</summary>
    public ModuleBuilder OnArchive(ArchiveRule rule)
    {
        parts.Rules.AddOnArchive(rule);
        return this;
    }

    /// <summary>Adds an element to the stream features after authentication; asked for each stream, null for none.</summary>
    public ModuleBuilder StreamFeature(Func<Element?> feature)
    {
        parts.Catalog.AddStreamFeature(feature);
        return this;
    }

    /// <summary>
    /// Something a session can begin with, because its client asked for it while it bound (XEP-0386 §3.2). Announced by its namespace.
    /// <paramref name="apply"/> gets the session, of which nothing was sent or routed yet, and what the client said in that namespace, and
    /// returns what is to be answered, if anything. It is called under no gate and does not wait.
    /// </summary>
    public ModuleBuilder BindFeature(string ns, Func<ClientSession, Element, Element?> apply)
    {
        parts.Catalog.AddBindFeature(ns, apply, module);
        return this;
    }

    /// <summary>What a client is told as it binds without asking (XEP-0386 §3.2), such as how far its archive reaches; null for nothing, and nothing when the store cannot be read.</summary>
    public ModuleBuilder BindAnswer(Func<ClientSession, CancellationToken, ValueTask<Element?>> answer)
    {
        parts.Catalog.AddBindAnswer(answer);
        return this;
    }

    /// <summary>A keyed collection of this module; emptied with the account, by the host.</summary>
    public KeyedStore OpenKeyed(string name)
    {
        if (!parts.Collections.Add(name))
            throw new InvalidOperationException($"Module {module} opens the collection \"{name}\", which another module has.");
        return new KeyedStore(parts.Engine, "module." + name);
    }

    /// <summary>State of this module for each loaded account, loaded with its presentity so that rules can read it without waiting.</summary>
    public AccountState<T> OpenAccountState<T>(Func<Jid, CancellationToken, ValueTask<T>> load) where T : class =>
        new(parts.States.Add(async (account, cancel) => await load(account, cancel)));

    /// <summary>The module's options class, bound from modules:&lt;name&gt; and validated at start.</summary>
    public T Options<T>(string name) where T : class, new() => parts.Options.Get<T>(name);

    private ModuleBuilder On(IqType type, Addressee addressee, string ns, string name, IqHandler handler, bool strangers, StanzaError? refusal)
    {
        parts.Handlers.Add(new HandlerKey(addressee, type, ns, name), new IqHandling(handler, strangers, refusal ?? StanzaError.ServiceUnavailable), module);
        return this;
    }
}
