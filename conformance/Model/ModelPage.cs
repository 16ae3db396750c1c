using System.Text;
using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Model;

/// <summary>
/// The page <c>docs/model.md</c>: what is said between the tables is written by hand; a table stands below a line
/// <c>&lt;!-- terms: WATCHER, FETCHER --&gt;</c> and ends before <c>&lt;!-- end --&gt;</c>.
/// </summary>
internal static partial class ModelPage
{
    /// <summary>The page with its tables made anew.</summary>
    /// <exception cref="FormatException">A table names what is no term, or the page has not each term once.</exception>
    public static string Refresh(string page, IReadOnlyList<Term> terms)
    {
        var shown = new List<string>();
        var refreshed = TablePattern().Replace(page, match =>
        {
            string[] names = [.. match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
            shown.AddRange(names);
            return $"<!-- terms: {string.Join(", ", names)} -->\n\n{Table([.. names.Select(name => Find(terms, name))])}\n<!-- end -->";
        });
        string[] wrong = [.. terms.Select(static term => term.Name).Where(name => shown.Count(each => each == name) != 1)];
        return wrong.Length == 0 ? refreshed : throw new FormatException($"docs/model.md has not once: {string.Join(", ", wrong)}");
    }

    private static Term Find(IReadOnlyList<Term> terms, string name) =>
        terms.FirstOrDefault(term => term.Name == name) ?? throw new FormatException($"docs/model.md: no term is called {name}");

    private static string Table(Term[] terms)
    {
        var text = new StringBuilder("| term | means | code | wire | proofs |\n| --- | --- | --- | --- | --- |\n");
        foreach (var term in terms)
        {
            var more = term.Page.Length == 0 ? "" : $" [More]({term.Page}).";
            var verdict = term.Verdict == ModelVerdicts.Met ? "" : $" {Cells.Verdict(term.Verdict, term.Remark)}";
            text.Append($"| **{term.Name}** | {Cells.Text(term.Meaning)} | {Cells.Names(term.Types)} | {Cells.Text(term.Wire)}{more}{verdict} | {Cells.Names(term.Proofs)} |\n");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"<!-- terms: ([^>]*?) -->.*?<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex TablePattern();
}
