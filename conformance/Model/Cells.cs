namespace PresenceXml.Conformance.Model;

/// <summary>Cells of the tables on the pages.</summary>
internal static class Cells
{
    public static string Text(string text) => text.Length == 0 ? "–" : text.Replace("|", @"\|", StringComparison.Ordinal);

    public static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "–" : string.Join(", ", names.Select(static name => $"`{name}`"));

    public static string Verdict(string verdict, string remark)
    {
        var word = verdict == ModelVerdicts.Met ? verdict : $"**{verdict}**";
        return remark.Length == 0 ? word : $"{word}: {Text(remark)}";
    }
}
