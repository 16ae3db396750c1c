using System.Collections.Immutable;
using PresenceXml.Protocol;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>The virtual tuples of one account, by their ids. Immutable.</summary>
internal sealed class VirtualTupleSet
{
    public static readonly VirtualTupleSet Empty = new([], []);

    private VirtualTupleSet(ImmutableArray<VirtualTuple> all, ImmutableArray<Notification> presences)
    {
        All = all;
        Presences = presences;
    }

    public ImmutableArray<VirtualTuple> All { get; }

    /// <summary>Those that are shown as resources.</summary>
    public ImmutableArray<Notification> Presences { get; }

    public static VirtualTupleSet Of(Jid account, IEnumerable<VirtualTuple> tuples)
    {
        ImmutableArray<VirtualTuple> all = [.. tuples.OrderBy(static tuple => tuple.Id, StringComparer.Ordinal)];
        return all.IsEmpty ? Empty : new(all, [.. all.Where(static tuple => tuple.ShownAs == TupleShownAs.Resource).Select(tuple => tuple.ToNotification(account))]);
    }

    public VirtualTuple? Find(string id) => All.FirstOrDefault(tuple => tuple.Id == id);

    /// <summary>The notes that stand in place of the last farewell, or none.</summary>
    public VirtualTuple? Status => All.FirstOrDefault(static tuple => tuple.ShownAs == TupleShownAs.Status);

    /// <summary>When the first of them ends; null: none does.</summary>
    public DateTimeOffset? NextEnd => All.IsEmpty ? null : All.Min(static tuple => tuple.Until);
}
