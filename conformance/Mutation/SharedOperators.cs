using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Mistakes that show only when two connections are compared: what has to be unique is not.</summary>
internal static class SharedOperators
{
    private const string Same = "mutant";

    /// <summary>For plays that compare, or look at several headers themselves.</summary>
    public static IEnumerable<Mutant> Of(Play play, IReadOnlyList<Site> sites, IReadOnlyList<WireEvent> events)
    {
        if (sites.Where(static site => site.Event.Kind == WireEventKind.Header).ToArray() is [.., _, var last])
            yield return SameId(play, last);
        else if (Comparison(play, " stream-id}") is { } ids && events.LastOrDefault(static passed => passed.Kind == WireEventKind.Header) is { } header)
            yield return SameId(play, new(header, ids));
        if ((Comparison(play, " full}") ?? Comparison(play, " resource}")) is { } resources && events.LastOrDefault(static passed => BoundBy(passed.Element) is not null) is { } bound)
            yield return new(play, new(bound, resources), "bound resource", "one resource for all", new Tampering.Rewrite(WithSameResource, Everywhere: true));
    }

    private static Step? Comparison(Play play, string ofWhat) => play.Steps.FirstOrDefault(step =>
        step.Kind is StepKind.ValuesDiffer or StepKind.ValuesEqual && step.Argument!.EndsWith(ofWhat, StringComparison.Ordinal));

    private static Mutant SameId(Play play, Site site) =>
        new(play, site, "header id", "one id for all streams", new Tampering.RewriteHeader(static header => header with { Id = Same }, Everywhere: true));

    private static Element? BoundBy(Element? element) => element?.Child(Namespaces.Bind, "bind")?.Child(Namespaces.Bind, "jid");

    private static Element? WithSameResource(Element element)
    {
        if (element["type"] != "result" || BoundBy(element) is not { } jid)
            return null;
        var bind = element.Child(Namespaces.Bind, "bind")!;
        return Trees.Replace(element, bind, Trees.Replace(bind, jid, Trees.WithNodes(jid, [jid.Text.Split('/')[0] + "/" + Same])));
    }
}
