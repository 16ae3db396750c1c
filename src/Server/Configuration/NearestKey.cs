namespace PresenceXml.Server.Configuration;

/// <summary>Finds the word somebody meant.</summary>
internal static class NearestKey
{
    /// <summary>The known word with the smallest edit distance, case ignored; null when none is near enough to be meant.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        (string? Word, int Distance) best = (null, Math.Max(2, word.Length / 2) + 1);
        foreach (string candidate in known)
        {
            int distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < best.Distance) best = (candidate, distance);
        }
        return best.Word;
    }

    /// <summary>Insertions, deletions, replacements (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
