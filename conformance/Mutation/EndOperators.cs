using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>
/// A server that falls silent or hangs up. At its own site a play notices either as it notices that a stanza is missing, so the first and
/// the last stanza are enough.
/// </summary>
internal static class EndOperators
{
    public static IEnumerable<Mutant> Of(Play play, IReadOnlyList<Site> sites)
    {
        var stanzas = sites.Where(static site => site.Event.Place.IsFromServer && site.Event.Element is { } element && Mistakes.IsStanza(element)).ToArray();
        if (stanzas.Length == 0)
            yield break;
        yield return new(play, stanzas[0], "silence", "it does not arrive, nor anything behind it", new Tampering.Silence());
        yield return new(play, stanzas[^1], "hang up", "the server closes instead", new Tampering.Hangup());
    }
}
