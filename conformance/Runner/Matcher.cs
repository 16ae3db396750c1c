using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// Compares what came with what was expected. What the pattern lists has to be there: attributes with these values, children that
/// match (in any order, each by a child of its own), the text. What it does not list is free, unless the match is exact.
/// </summary>
public sealed class Matcher(Variables variables)
{
    /// <summary>The attribute value that says that the attribute must not be there.</summary>
    private const string Absent = "{absent}";

    /// <summary>What begins an attribute value that may as well be missing.</summary>
    private const string AbsentOr = "{absent|";

    private const string StanzaId = "stanza-id";
    private const string EarlyArchiveNs = "urn:xmpp:mam:tmp";
    private const string PhotoNs = "vcard-temp:x:update";

    /// <summary>The text that says that an element must have neither text nor children.</summary>
    private const string Nothing = "{nothing}";

    /// <summary>Null when it matches, and then captured values are kept; otherwise what is different.</summary>
    public string? Explain(Expectation expected, Element actual, bool exact)
    {
        var captures = new Dictionary<string, string>(StringComparer.Ordinal);
        var difference = exact ? ExactDifference(expected.Pattern, actual, captures) : Difference(expected.Pattern, actual, exact: false, captures);
        if (difference is not null)
            return difference;
        foreach (var unwanted in expected.Without)
        {
            if (actual.Children.Any(child => Difference(unwanted, child, exact: false, new(captures, StringComparer.Ordinal)) is null))
                return $"<{actual.LocalName}/> must not hold {unwanted}";
        }

        variables.Keep(captures);
        return null;
    }

    /// <summary>Whether every expectation is met by an element of its own; the order does not matter.</summary>
    public string? ExplainUnordered(IReadOnlyList<Expectation> expected, IReadOnlyList<Element> actual)
    {
        var free = actual.ToList();
        foreach (var expectation in expected)
        {
            var index = free.FindIndex(element => Explain(expectation, element, exact: false) is null);
            if (index < 0)
                return $"nothing that came is {expectation.Pattern}";
            free.RemoveAt(index);
        }

        return null;
    }

    // The children of a stanza are in no order (RFC 6121 §5.2, the schemas of RFC 6120 A.5); what is inside a payload is the payload's own.
    private string? ExactDifference(Element pattern, Element actual, Dictionary<string, string> captures)
    {
        var came = WithoutAdditions(pattern, actual);
        var (wantedCount, cameCount) = (pattern.Children.Count(), came.Children.Count());
        return HeadDifference(pattern, actual, exact: true, captures)
            ?? (wantedCount == cameCount ? null : $"<{actual.LocalName}/> has {cameCount} children, not {wantedCount}")
            ?? UnorderedChildren([.. pattern.Children], [.. came.Children], exact: true, captures);
    }

    private string? Difference(Element pattern, Element actual, bool exact, Dictionary<string, string> captures) =>
        HeadDifference(pattern, actual, exact, captures)
        ?? (exact ? OrderedChildren(pattern, actual, captures) : UnorderedChildren([.. pattern.Children], [.. actual.Children], exact: false, captures));

    // Everything but the children: name, attributes, text.
    private string? HeadDifference(Element pattern, Element actual, bool exact, Dictionary<string, string> captures)
    {
        if (pattern.Name != actual.Name)
            return $"the element is {actual.Name}, not {pattern.Name}";
        foreach (var attribute in pattern.Attributes)
        {
            var value = actual.Attribute(attribute.Name);
            if (!AttributeMatches(attribute.Value, value, captures))
                return $"<{actual.LocalName}/> has {attribute.Name}={Quote(value)}, not {Quote(attribute.Value)}";
        }

        if (exact && actual.Attributes.FirstOrDefault(attribute => pattern.Attribute(attribute.Name) is null) is { Name.Name: not null } extra)
            return $"<{actual.LocalName}/> has an attribute too many: {extra.Name}={Quote(extra.Value)}";
        return TextDifference(pattern, actual, exact, captures);
    }

    private bool AttributeMatches(string wanted, string? value, Dictionary<string, string> captures)
    {
        if (!wanted.StartsWith(AbsentOr, StringComparison.Ordinal))
            return wanted == Absent ? value is null : value is not null && variables.Matches(wanted, value, captures);
        return value is null || wanted[AbsentOr.Length..^1].Split('|').Any(choice => variables.Matches(choice, value, captures));
    }

    private string? TextDifference(Element pattern, Element actual, bool exact, Dictionary<string, string> captures)
    {
        var wanted = pattern.Text.Trim();
        if (wanted == Nothing)
            return actual.Nodes.Count == 0 ? null : $"<{actual.LocalName}/> is not empty";
        if (wanted.Length == 0 && !(exact && !pattern.Children.Any()))
            return null;
        return variables.Matches(wanted, actual.Text, captures) || variables.Matches(wanted, actual.Text.Trim(), captures)
            ? null
            : $"<{actual.LocalName}/> has the text {Quote(actual.Text)}, not {Quote(wanted)}";
    }

    // XEP-0359: the recipient's server may add its id to a message (as <archived/> by early versions of XEP-0313), and XEP-0398 §3: the
    // sender's server the hash of the photo to a presence; that the payload is untouched is still true.
    private static Element WithoutAdditions(Element pattern, Element actual)
    {
        foreach (var (ns, name) in ((string, string)[])[(Namespaces.StanzaId, StanzaId), (EarlyArchiveNs, "archived"), (PhotoNs, "x")])
        {
            if (actual.Child(ns, name) is not null && pattern.Child(ns, name) is null)
                actual = new Element(actual.Namespace, actual.LocalName, actual.Nodes.Where(node => node is not Element element || !element.Is(ns, name)));
        }

        return actual;
    }

    private string? OrderedChildren(Element pattern, Element actual, Dictionary<string, string> captures)
    {
        var wanted = pattern.Children.ToList();
        var came = actual.Children.ToList();
        if (wanted.Count != came.Count)
            return $"<{actual.LocalName}/> has {came.Count} children, not {wanted.Count}";
        return wanted.Select((child, i) => Difference(child, came[i], exact: true, captures)).FirstOrDefault(static found => found is not null);
    }

    private string? UnorderedChildren(List<Element> wanted, List<Element> came, bool exact, Dictionary<string, string> captures)
    {
        if (wanted.Count == 0)
            return null;
        string? nearest = null;
        foreach (var candidate in came)
        {
            var attempt = new Dictionary<string, string>(captures, StringComparer.Ordinal);
            var difference = Difference(wanted[0], candidate, exact, attempt)
                ?? UnorderedChildren(wanted[1..], [.. came.Where(other => !ReferenceEquals(other, candidate))], exact, attempt);
            if (difference is null)
            {
                foreach (var (name, value) in attempt)
                    captures[name] = value;
                return null;
            }

            if (candidate.Name == wanted[0].Name)
                nearest ??= difference;
        }

        return nearest ?? $"there is no {wanted[0].Name} in it";
    }

    private static string Quote(string? value) => value is null ? "(absent)" : $"'{value}'";
}
