using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>What an actor is to receive: an element as a pattern, and children it must not have.</summary>
public sealed record Expectation(Element Pattern, IReadOnlyList<Element> Without)
{
    private const string WithoutLine = "without ";

    /// <summary>
    /// Reads the body of an expectation: elements one behind the other, each followed by any number of lines
    /// <c>without &lt;child/&gt;</c>. Names without a prefix are in the content namespace; <c>stream:</c> and <c>db:</c> are declared.
    /// </summary>
    /// <exception cref="FormatException">The XML cannot be read, or there is none.</exception>
    public static IReadOnlyList<Expectation> ParseAll(string body, string contentNamespace = Namespaces.Client)
    {
        var result = new List<Expectation>();
        var pending = new List<string>();
        foreach (var line in body.Split('\n'))
        {
            if (!line.TrimStart().StartsWith(WithoutLine, StringComparison.Ordinal))
            {
                pending.Add(line);
                continue;
            }

            Flush();
            if (result.Count == 0)
                throw new FormatException("'without' stands behind the element it limits");
            result[^1] = result[^1] with { Without = [.. result[^1].Without, .. ParseElements(line.TrimStart()[WithoutLine.Length..], contentNamespace)] };
        }

        Flush();
        return result.Count > 0 ? result : throw new FormatException("no element is expected here");

        void Flush()
        {
            result.AddRange(ParseElements(string.Join('\n', pending), contentNamespace).Select(static element => new Expectation(element, [])));
            pending.Clear();
        }
    }

    private static IEnumerable<Element> ParseElements(string xml, string contentNamespace) => Element
        .Parse($"<all xmlns='{contentNamespace}' xmlns:stream='{Namespaces.Streams}' xmlns:db='{Dialback.Ns}'>{xml}</all>")
        .Children;

    public override string ToString() =>
        string.Join(Environment.NewLine, [Pattern.ToString(), .. Without.Select(static child => WithoutLine + child)]);
}
