using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.PrivateStorage;

/// <summary>
/// XEP-0049: Private XML Storage. One entry for each element name (namespace and local name), for its owner alone. What clients keep
/// here: <c>storage:bookmarks</c>, <c>storage:rosternotes</c>, <c>roster:delimiter</c>.
/// </summary>
public sealed class PrivateStorageModule : IModule
{
    public const string Ns = "jabber:iq:private";
    private KeyedStore store = null!;
    private PrivateStorageOptions options = null!;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<PrivateStorageOptions>("privateStorage");
        store = module.OpenKeyed("private");
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "query", GetAsync)
            .OnSet(Addressee.Account, Ns, "query", SetAsync);
    }

    private async ValueTask<IqReply> GetAsync(IqContext iq, CancellationToken cancel)
    {
        var found = new List<Element>();
        foreach (Element asked in iq.Payload.Children.DistinctBy(child => child.Name))
        {
            if (!IsStorable(asked)) return StanzaError.NotAcceptable;
            ReadOnlyMemory<byte>? stored = await store.GetAsync(iq.Target, Key(asked.Name), cancel);
            if (stored is { } bytes) found.AddRange(Element.Parse(bytes.Span).Children);
            else found.Add(new Element(asked.Namespace, asked.LocalName));
        }
        // XEP-0049 §2.3 asks for "bad format"; as a stanza error that is bad-request.
        return found.Count == 0 ? StanzaError.BadRequest : new Element(Ns, "query", found);
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq, CancellationToken cancel)
    {
        Element[] children = [.. iq.Payload.Children];
        if (children.Length == 0 || !children.All(IsStorable)) return StanzaError.NotAcceptable;

        var add = new Dictionary<string, ReadOnlyMemory<byte>>();
        var remove = new List<string>();
        foreach (IGrouping<QName, Element> group in children.GroupBy(child => child.Name))
        {
            // An empty element is what a get of nothing returns: storing it is removing.
            if (group.All(IsEmpty)) remove.Add(Key(group.Key));
            else add[Key(group.Key)] = Encoding.UTF8.GetBytes(new Element(Ns, "query", group).ToString());
        }

        if (await ExceedsAsync(iq.Target, add, remove, cancel) is { } error) return error;
        await store.ReplaceAsync(iq.Target, add, remove, cancel);
        return IqReply.Done;
    }

    /// <summary>The limits as they would stand afterwards. Two clients of one account that set at the same moment may pass them by one stanza.</summary>
    private async ValueTask<StanzaError?> ExceedsAsync(
        Jid account, Dictionary<string, ReadOnlyMemory<byte>> add, List<string> remove, CancellationToken cancel)
    {
        if (add.Count == 0) return null;
        int count = add.Count;
        long bytes = add.Values.Sum(value => (long)value.Length);
        foreach ((string key, ReadOnlyMemory<byte> value) in await store.ListAsync(account, cancel))
        {
            if (add.ContainsKey(key) || remove.Contains(key)) continue;
            count++;
            bytes += value.Length;
        }
        if (options.MaxElements > 0 && count > options.MaxElements)
            return StanzaError.PolicyViolation with { Text = $"At most {options.MaxElements} kinds of private data can be stored." };
        if (options.MaxBytes > 0 && bytes > options.MaxBytes)
            return StanzaError.PolicyViolation with { Text = $"At most {options.MaxBytes} bytes of private data can be stored." };
        return null;
    }

    // XEP-0049 §2.3: "as long as the root element of that fragment is scoped by its own namespace".
    private static bool IsStorable(Element child) => child.Namespace is not ("" or Ns or Namespaces.Client or Namespaces.Server);

    private static bool IsEmpty(Element element) => element.Attributes.Count == 0 && element.Nodes.Count == 0;

    private static string Key(QName name) => $"{name.Name} {name.Namespace}";
}
