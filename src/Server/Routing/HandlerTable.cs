using System.Collections.Frozen;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Modules;

namespace PresenceXml.Server.Routing;

/// <summary>What an iq handler answers to.</summary>
internal readonly record struct HandlerKey(Addressee Addressee, IqType Type, string Namespace, string Name);

/// <summary>A handler, whether others than the account's owner reach it, and what they are answered when not.</summary>
internal sealed record IqHandling(IqHandler Handler, bool Strangers, StanzaError Refusal);

/// <summary>The iq handlers of all modules; filled while they register, frozen before the first connection.</summary>
public sealed class HandlerTable
{
    private readonly Dictionary<HandlerKey, (IqHandling Handling, string Module)> recorded = [];
    private FrozenDictionary<HandlerKey, IqHandling> handlers = FrozenDictionary<HandlerKey, IqHandling>.Empty;
    private FrozenSet<(Addressee, string)> namespaces = FrozenSet<(Addressee, string)>.Empty;
    private bool frozen;

    internal void Add(HandlerKey key, IqHandling handling, string module)
    {
        if (frozen)
            throw new InvalidOperationException("Modules register handlers while they register, not later.");
        if (!recorded.TryAdd(key, (handling, module)))
            throw new InvalidOperationException($"{module} and {recorded[key].Module} both handle iq {key.Type} {{{key.Namespace}}}{key.Name} for {key.Addressee}.");
    }

    internal void Freeze()
    {
        handlers = recorded.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.Handling);
        namespaces = recorded.Keys.Select(key => (key.Addressee, key.Namespace)).ToFrozenSet();
        frozen = true;
    }

    internal IqHandling? Find(Addressee addressee, IqType type, string ns, string name) =>
        handlers.GetValueOrDefault(new HandlerKey(addressee, type, ns, name));

    internal bool Knows(Addressee addressee, string ns) => namespaces.Contains((addressee, ns));
}
