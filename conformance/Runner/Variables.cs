using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// What a play knows by name: <c>{domain}</c>, what its actors are (<c>{Romeo full}</c>), and what earlier steps captured.
/// </summary>
/// <param name="builtIn">Answers a built-in name (an actor's property, a SASL value), null where it knows none.</param>
public sealed class Variables(Func<string, string?> builtIn)
{
    private readonly Dictionary<string, string> captured = new(StringComparer.Ordinal);

    /// <summary>Replaces every expression of a text that is to be sent.</summary>
    /// <exception cref="FormatException">A name is unknown.</exception>
    public string Expand(string text)
    {
        var result = new StringBuilder();
        foreach (var (isExpression, part) in Template.Split(text))
            result.Append(isExpression ? Evaluate(part) : part);
        return result.ToString();
    }

    /// <summary>
    /// Whether a value is what the pattern says. A name that is not known yet is captured into <paramref name="captures"/>,
    /// which the caller hands to <see cref="Keep"/> when the whole expectation was met.
    /// </summary>
    public bool Matches(string pattern, string value, Dictionary<string, string> captures)
    {
        var names = new List<string>();
        var regex = new Regex("^(?:" + ToRegex(pattern, names, captures) + ")$", RegexOptions.Singleline | RegexOptions.CultureInvariant);
        var match = regex.Match(value);
        if (!match.Success)
            return false;
        for (var i = 0; i < names.Count; i++)
            captures[names[i]] = match.Groups[$"c{i}"].Value;
        return true;
    }

    /// <summary>Makes captured values known to the steps that follow.</summary>
    public void Keep(Dictionary<string, string> captures)
    {
        foreach (var (name, value) in captures)
            captured[name] = value;
    }

    private string ToRegex(string pattern, List<string> names, Dictionary<string, string> captures)
    {
        var result = new StringBuilder();
        foreach (var (isExpression, part) in Template.Split(pattern))
            result.Append(isExpression ? ExpressionToRegex(part, names, captures) : Regex.Escape(part));
        return result.ToString();
    }

    private string ExpressionToRegex(string expression, List<string> names, Dictionary<string, string> captures)
    {
        if (expression == "any")
            return ".*";
        if (expression == "timestamp") // XEP-0082 §3.2
            return @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)";
        if (expression == "number")
            return @"\d+";
        if (expression.StartsWith("not ", StringComparison.Ordinal))
            return $"(?!(?:{ToRegex(expression[4..], names, captures)})$).*";
        if (expression.Contains('|', StringComparison.Ordinal))
            return "(?:" + string.Join('|', expression.Split('|').Select(part => ToRegex(part.Trim(), names, captures))) + ")";
        if (captures.TryGetValue(expression, out var value) || captured.TryGetValue(expression, out value))
            return Regex.Escape(value);
        if (!IsPlainName(expression) || builtIn(expression) is not null)
            return Regex.Escape(Evaluate(expression));
        names.Add(expression);
        return $"(?<c{names.Count - 1}>.+)";
    }

    private string Evaluate(string expression)
    {
        if (captured.TryGetValue(expression, out var value) || (value = builtIn(expression)) is not null)
            return value;
        if (expression.StartsWith("base64 ", StringComparison.Ordinal))
            return Convert.ToBase64String(Encoding.UTF8.GetBytes(Unescape(Expand(expression[7..]))));
        if (expression.StartsWith("upper ", StringComparison.Ordinal))
            return Expand(expression[6..]).ToUpperInvariant();
        if (expression.StartsWith("repeat ", StringComparison.Ordinal)
            && expression.Split(' ', 3) is [_, var count, var text]
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var times))
            return string.Concat(Enumerable.Repeat(Expand(text), times));
        throw new FormatException($"'{{{expression}}}' is not known here");
    }

    /// <summary>Reads <c>\0</c>, <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\\</c>, <c>\s</c> (a space) and <c>\uHHHH</c>.</summary>
    public static string Unescape(string text) => Regex.Replace(text, @"\\(u[0-9a-fA-F]{4}|.)", static match => match.Groups[1].Value switch
    {
        "0" => "\0",
        "n" => "\n",
        "r" => "\r",
        "t" => "\t",
        "s" => " ",
        ['u', ..] code => ((char)int.Parse(code.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
        var other => other,
    });

    private static bool IsPlainName(string expression) => expression.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
