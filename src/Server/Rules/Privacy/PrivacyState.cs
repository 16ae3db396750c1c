using System.Collections.Immutable;

namespace PresenceXml.Server.Rules.Privacy;

/// <summary>The privacy lists of an account; swapped as a whole under its gate. Which list is active is the session's.</summary>
/// <param name="Lists">By name.</param>
/// <param name="Default">What applies to sessions without an active list, and while there is no session; null: nothing.</param>
internal sealed record PrivacyState(ImmutableSortedDictionary<string, PrivacyList> Lists, PrivacyList? Default)
{
    /// <summary>Of an account without lists: shared, and known by reference.</summary>
    public static readonly PrivacyState Empty = new(ImmutableSortedDictionary.Create<string, PrivacyList>(StringComparer.Ordinal), null);

    /// <summary>How many items all lists have.</summary>
    public int Items => Lists.Values.Sum(static list => list.Items.Length);
}
