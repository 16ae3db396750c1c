namespace PresenceXml.Conformance.Runner;

/// <summary>Accounts that were made beforehand: a file of lines "jid password".</summary>
internal static class AccountsFile
{
    /// <exception cref="FormatException">The file cannot be read, or a line is no account of the domain.</exception>
    public static IReadOnlyList<Account> Read(string file, string domain)
    {
        try
        {
            return Parse(file, File.ReadAllText(file), domain);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the accounts cannot be read: {e.Message}", e);
        }
    }

    public static IReadOnlyList<Account> Parse(string file, string text, string domain)
    {
        var accounts = new Dictionary<string, Account>(StringComparer.Ordinal);
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]) || lines[i][0] == '#')
                continue;
            if (lines[i].Split((char[])[' ', '\t', ','], 2, StringSplitOptions.TrimEntries) is not [var jid, { Length: > 0 } password]
                || jid.Split('@') is not [{ Length: > 0 } local, { Length: > 0 } where])
                throw new FormatException($"{file}:{i + 1}: expected 'local@domain password'");
            if (where != domain)
                throw new FormatException($"{file}:{i + 1}: {jid} is not in {domain}, the domain under test");
            if (!accounts.TryAdd(local, new(local, domain, password)))
                throw new FormatException($"{file}:{i + 1}: {jid} is there twice; every play has accounts of its own");
        }

        return [.. accounts.Values];
    }
}
