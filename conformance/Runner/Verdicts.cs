namespace PresenceXml.Conformance.Runner;

/// <summary>The verdicts as they stand in a profile and on the page.</summary>
internal static class Verdicts
{
    private static readonly (Verdict Verdict, string Word, string Meaning)[] Words =
    [
        (Verdict.ServerWrong, "server wrong", "it breaks a MUST"),
        (Verdict.ShortOfShould, "server short of a SHOULD", "it does not follow a SHOULD"),
        (Verdict.Choice, "choice", "the RFC allows it"),
        (Verdict.NotBuilt, "not built", "about something optional that it does not have here"),
    ];

    /// <summary>All of them, the gravest first.</summary>
    public static IEnumerable<Verdict> All => Words.Select(static pair => pair.Verdict);

    public static string List => string.Join(", ", Words.Select(static pair => $"'{pair.Word}'"));

    public static string Word(this Verdict verdict) => Words.First(pair => pair.Verdict == verdict).Word;

    public static string Meaning(this Verdict verdict) => Words.First(pair => pair.Verdict == verdict).Meaning;

    public static Verdict? Parse(string word)
    {
        foreach (var pair in Words)
        {
            if (pair.Word == word)
                return pair.Verdict;
        }

        return null;
    }
}
