using System.Collections.Immutable;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Modules.Blocking;

/// <summary>The addresses an account blocks. Immutable, so that rules read it without waiting.</summary>
internal sealed class BlockList
{
    public static readonly BlockList Empty = new([]);

    private readonly ImmutableHashSet<Jid> items;
    private readonly ImmutableHashSet<string> domains;

    private BlockList(ImmutableHashSet<Jid> items)
    {
        this.items = items;
        domains = [.. items.Where(item => item.IsBare && !item.HasLocal).Select(item => item.Domain)];
    }

    public static BlockList Of(IEnumerable<Jid> items) => new([.. items]);

    public int Count => items.Count;

    /// <summary>In the order of their text, so that the list looks the same each time.</summary>
    public IEnumerable<Jid> Items => items.OrderBy(item => item.ToString(), StringComparer.Ordinal);

    public bool Contains(Jid item) => items.Contains(item);

    public BlockList Add(IEnumerable<Jid> added) => new(items.Union(added));

    public BlockList Remove(IEnumerable<Jid> removed) => new(items.Except(removed));

    /// <summary>
    /// XEP-0191 §6: a full address blocks that resource, a bare one all its resources, a domain also every account and resource of it
    /// (not its subdomains).
    /// </summary>
    public bool Matches(Jid peer) =>
        items.Count > 0
        && (items.Contains(peer)
            || (peer.IsFull && items.Contains(peer.Bare))
            || (peer.HasLocal && domains.Contains(peer.Domain)));
}
