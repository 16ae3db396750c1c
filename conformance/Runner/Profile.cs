namespace PresenceXml.Conformance.Runner;

/// <summary>What a server is known to do differently: lines "play: the rule and why".</summary>
public sealed class Profile
{
    public static readonly Profile None = new();
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);

    public IEnumerable<string> Plays => known.Keys;

    /// <summary>The reason on record for a play, null when it is to pass.</summary>
    public string? ReasonFor(Play play) => known.GetValueOrDefault(play.Name);

    /// <exception cref="FormatException">A line has no reason.</exception>
    public static Profile Read(string file)
    {
        var profile = new Profile();
        foreach (var line in File.ReadLines(file).Where(static line => line.Length > 0 && line[0] != '#'))
        {
            if (line.Split(": ", 2) is not [var play, { Length: > 0 } reason])
                throw new FormatException($"{file}: '{line}' gives no reason");
            profile.known[play] = reason;
        }

        return profile;
    }
}
