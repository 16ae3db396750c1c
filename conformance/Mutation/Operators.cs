using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>The mistakes that servers make, each applied wherever in a play it can be made.</summary>
internal static class Operators
{
    /// <summary>Every mutant of a play.</summary>
    /// <param name="seed">Chooses where a mistake can be made in several ways at one site.</param>
    public static IReadOnlyList<Mutant> Apply(Play play, IReadOnlyList<Site> sites, IReadOnlyList<WireEvent> events, int seed)
    {
        var random = new Random(StableHash(play.Name) ^ seed);
        return
        [
            .. sites.SelectMany(site => Of(play, site, random).Select(mistake => new Mutant(play, site, mistake.Operator, mistake.Change, mistake.Tampering))),
            .. SharedOperators.Of(play, sites, events),
            .. EndOperators.Of(play, sites),
        ];
    }

    // FNV-1a: string.GetHashCode differs in each process, and a seed has to give the same run again.
    private static int StableHash(string text) => text.Aggregate(unchecked((int)2166136261), static (hash, c) => unchecked((hash ^ c) * 16777619));

    private static IEnumerable<Mistake> Of(Play play, Site site, Random random) => site.Event switch
    {
        { Place.IsFromServer: false } => ClientOperators.Of(play, site.Event, random),
        { Kind: WireEventKind.Header } => HeaderOperators.Of(site.Event.Header!),
        { Kind: WireEventKind.Element, Element: { } element } => ElementOperators.Of(element, site, random),
        { Kind: WireEventKind.Close } =>
        [
            new("drop the closing tag", "</stream:stream> does not arrive", new Tampering.Drop()),
            new("stay open", "neither stream nor connection is closed", new Tampering.StayOpen()),
        ],
        _ => [new("stay open", "the connection is not closed", new Tampering.StayOpen())],
    };
}
