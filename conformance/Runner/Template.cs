using System.Text;

namespace PresenceXml.Conformance.Runner;

/// <summary>Splits text with <c>{expressions}</c>, which may nest, into its parts.</summary>
internal static class Template
{
    /// <summary>The parts in order; an expression comes without its outer braces.</summary>
    public static IEnumerable<(bool IsExpression, string Text)> Split(string text)
    {
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '{')
            {
                literal.Append(text[i]);
                continue;
            }

            var end = EndOf(text, i);
            if (literal.Length > 0)
                yield return (false, literal.ToString());
            literal.Clear();
            yield return (true, text[(i + 1)..end]);
            i = end;
        }

        if (literal.Length > 0)
            yield return (false, literal.ToString());
    }

    private static int EndOf(string text, int start)
    {
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] == '{')
                depth++;
            else if (text[i] == '}' && --depth == 0)
                return i;
        }

        throw new FormatException($"a brace is not closed: {text[start..]}");
    }
}
