using System.Globalization;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Mistakes in what a server sends inside a stream: stanzas, features, SASL, stream errors.</summary>
internal static class ElementOperators
{
    private const string Stranger = "mutant@mutant.example";

    /// <summary>How deep a change may lie: beyond, it is somebody's payload and no work of the server's.</summary>
    private const int Depth = 3;

    public static IEnumerable<Mistake> Of(Element element, Site site, Random random)
    {
        yield return new("drop", "it does not arrive", new Tampering.Drop());
        if (Mistakes.WithOtherCondition(element) is { } other)
            yield return Change("condition", $"instead: {other}", Mistakes.WithOtherCondition);
        if (Mistakes.IsStanza(element))
        {
            foreach (var mistake in OfStanza(element, site))
                yield return mistake;
        }

        if (element.Namespace == ManagedSession.Ns)
        {
            foreach (var mistake in OfManagement(element))
                yield return mistake;
        }

        foreach (var mistake in Inside(element, random))
            yield return mistake;
        if (Extra(element, site.Step) is { } extra)
            yield return extra;
    }

    private static IEnumerable<Mistake> OfStanza(Element stanza, Site site)
    {
        yield return new("answer twice", "it arrives twice", new Tampering.Twice());
        // "in any order" leaves the order of its own stanzas free.
        if (site.Next?.Element is { } next && Mistakes.IsStanza(next) && !(site.Step.Kind == StepKind.ReceivesInAnyOrder && site.Step == site.NextStep))
            yield return new("reorder", $"it arrives behind {next}", new Tampering.PutBehindNext());
        foreach (var name in (string[])["to", "from", "type", "id"])
        {
            if (OtherValue(stanza, name) is not { IsChanged: true, Value: var value })
                continue;
            yield return Change(name, value is null ? $"no {name}" : $"{name}='{value}'", element =>
                OtherValue(element, name) is { IsChanged: true } changed ? element.With(name, changed.Value) : null);
        }
    }

    // XEP-0198: a counter that is one too high or too low, another session, a promise taken back.
    private static IEnumerable<Mistake> OfManagement(Element element)
    {
        foreach (var (name, value) in element.Attributes.Select(static attribute => (attribute.Name.Name, attribute.Value)))
        {
            string[] others = name switch
            {
                "h" when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) =>
                    count == 0 ? ["1"] : [$"{count + 1L}", $"{count - 1}"],
                "resume" => ["false"],
                "id" or "previd" => [value + "-mutant"],
                _ => [],
            };
            foreach (var other in others)
                yield return Change($"{name} of {element.LocalName}", $"{name}='{other}' for '{value}'", changed => changed[name] is null ? null : changed.With(name, other));
        }
    }

    /// <summary>What servers may say and word as they like: the text of an error, the id of an archive (XEP-0359), a note of a delay.</summary>
    private static bool IsServersOwn(Element element) =>
        element.LocalName == "text" && element.Namespace is Namespaces.StanzaErrors or Namespaces.StreamErrors or Namespaces.Sasl
        || element.Is(Namespaces.StanzaId, "stanza-id");

    private static (bool IsChanged, string? Value) OtherValue(Element stanza, string attribute) => (attribute, stanza[attribute]) switch
    {
        ("to", { }) => (true, Stranger),
        // What servers get wrong: bare for full and full for bare.
        ("from", { } from) when from.Split('/', 2) is [var bare, _] => (true, bare),
        ("from", { } from) when from.Contains('@', StringComparison.Ordinal) => (true, from + "/mutant"),
        ("from", _) => (true, Stranger),
        ("type", var type) => (true, OtherType(stanza.LocalName, type)),
        // The id of a request by the server itself (a roster push) is its own choice.
        ("id", { }) when stanza.LocalName == "iq" && stanza["type"] is "get" or "set" && stanza["from"]?.Contains('/', StringComparison.Ordinal) != true => (false, null),
        ("id", { } id) => (true, stanza.LocalName == "iq" ? id + "-mutant" : null),
        _ => (false, null),
    };

    private static string? OtherType(string kind, string? type) => (kind, type) switch
    {
        ("iq", "result") => "error",
        ("iq", "error") => "result",
        ("iq", "get") => "set",
        ("iq", _) => "get",
        ("message", "chat") => null,
        ("message", "error") => "normal",
        ("message", _) => "chat",
        ("presence", null) => "unavailable",
        ("presence", "unavailable") => null,
        ("presence", "subscribe") => "subscribed",
        ("presence", "subscribed") => "unsubscribed",
        ("presence", "unsubscribe") => "unsubscribed",
        ("presence", "unsubscribed") => "unsubscribe",
        _ => "unavailable",
    };

    private static IEnumerable<Mistake> Inside(Element root, Random random)
    {
        var all = Trees.Descendants(root).Where(static below => below.Path.Length <= Depth && !IsServersOwn(below.Element)).ToArray();
        // Which mechanisms and features there are is the server's choice; that all of one kind are there can matter to a play.
        var isOffer = root.Is(Namespaces.Streams, "features");
        var attributes = isOffer ? [] : all.SelectMany(static below => below.Element.Attributes.Select(attribute => (below.Path, Attribute: attribute))).ToArray();
        if (attributes.Length > 0)
        {
            var (path, attribute) = attributes[random.Next(attributes.Length)];
            var value = OtherValue(attribute);
            yield return Below("attribute of a child", $"{attribute.Name}='{value}' for '{attribute.Value}'", path, element =>
                element.Attribute(attribute.Name) is null ? null : Trees.WithAttribute(element, attribute.Name, value));
        }

        var texts = isOffer ? [] : all.Append((Path: [], Element: root)).Where(static below => !string.IsNullOrWhiteSpace(below.Element.Text)).ToArray();
        if (texts.Length > 0)
        {
            var (path, holder) = texts[random.Next(texts.Length)];
            yield return Below("text", $"<{holder.LocalName}/> has another text", path, static element =>
                Trees.WithNodes(element, element.Nodes.Where(static node => node is Element).Append(OtherText(element.Text))));
        }

        if (all.Length > 0)
        {
            var (path, victim) = all[random.Next(all.Length)];
            yield return Below("drop a child", $"<{victim.LocalName}/> is not in it", path, static _ => null);
        }
    }

    /// <summary>One item too many in a list; a payload that nobody sent where the play asks for exactly what it lists. Else it is free.</summary>
    private static Mistake? Extra(Element root, Step step)
    {
        if (!Mistakes.IsStanza(root))
            return null;
        var holder = root.Children.Select(static (child, index) => (child, index)).FirstOrDefault(static entry => entry.child.Children.Any());
        if (root.LocalName == "iq" && holder.child?.Children.Last()["jid"] is not null)
        {
            return Below("add a child", "one item more", [holder.index], static query =>
                query.Children.LastOrDefault() is { } item ? query.With(item.With("jid", Stranger)) : null);
        }

        return step.Kind == StepKind.ReceivesExactly
            ? Change("add a child", "a payload more", static element => element.With(new Element(Mistakes.Ns, "added")))
            : null;
    }

    private static string OtherValue(XmlAttribute attribute) => (attribute.Name.Name, attribute.Value) switch
    {
        ("jid", _) => Stranger,
        ("subscription", "none") => "to",
        ("subscription", "to") => "from",
        ("subscription", "from") => "both",
        ("subscription", _) => "none",
        ("type", "cancel") => "wait",
        ("type", _) => "cancel",
        ("stamp", _) => "yesterday",
        var (_, value) => value + "-mutant",
    };

    // What was base64 (SASL) or a number stays one.
    private static string OtherText(string text) => text[0] switch
    {
        'A' => 'B',
        >= '1' and <= '8' and var digit => (char)(digit + 1),
        '9' => '1',
        _ => 'A',
    } + text[1..];

    private static Mistake Change(string name, string words, Func<Element, Element?> change) => new(name, words, new Tampering.Rewrite(change));

    private static Mistake Below(string name, string words, int[] path, Func<Element, Element?> change) =>
        Change(name, words, root => Trees.Change(root, path, change));
}
