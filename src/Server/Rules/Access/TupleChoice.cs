using System.Collections.Immutable;

namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// Which PRESENCE TUPLES a rule speaks of (RFC 5025 §3.3.2, <c>provide-services</c>, <c>provide-devices</c>): by their id, which for a resource is its
/// name, by the class that the presentity gave them, or by the URI scheme of their address.
/// </summary>
/// <param name="Ids">Ids; one that ends in <c>*</c> stands for all that begin so.</param>
/// <param name="Classes">Classes.</param>
/// <param name="Schemes">Schemes, in lower case and without the colon.</param>
public sealed record TupleChoice(ImmutableArray<string> Ids, ImmutableArray<string> Classes, ImmutableArray<string> Schemes)
{
    /// <summary>No tuple.</summary>
    public static readonly TupleChoice None = new([], [], []);

    /// <summary>True when it speaks of no tuple.</summary>
    public bool IsEmpty => Ids.IsEmpty && Classes.IsEmpty && Schemes.IsEmpty;

    /// <summary>Both together.</summary>
    public TupleChoice Or(TupleChoice other) =>
        IsEmpty ? other : other.IsEmpty ? this : new([.. Ids, .. other.Ids], [.. Classes, .. other.Classes], [.. Schemes, .. other.Schemes]);

    /// <summary>True when it speaks of this tuple.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="label">Its class, if it has one.</param>
    /// <param name="scheme">The URI scheme of its address, in lower case.</param>
    public bool Has(string id, string? label, string scheme)
    {
        foreach (string one in Ids)
        {
            if (one.EndsWith('*') ? id.AsSpan().StartsWith(one.AsSpan(0, one.Length - 1), StringComparison.Ordinal) : id == one)
                return true;
        }
        return (label is not null && Classes.Contains(label)) || Schemes.Contains(scheme);
    }
}
