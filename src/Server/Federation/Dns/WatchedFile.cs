namespace PresenceXml.Server.Federation.Dns;

/// <summary>A file of the system, read again when it has changed; looked at every few seconds at most.</summary>
/// <param name="path">Where it is; it need not exist.</param>
/// <param name="parse">Makes the value of its text, the empty one when it is not there or cannot be read.</param>
/// <param name="clock">The clock.</param>
internal sealed class WatchedFile<T>(string path, Func<string, T> parse, TimeProvider clock) where T : class
{
    /// <summary>How soon a change is seen.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private (DateTime Written, long Length) version;
    private long lookedAt;
    private T? value;

    /// <summary>As it is now, give or take <see cref="LookEvery"/>.</summary>
    public T Value
    {
        get
        {
            lock (gate)
            {
                if (value is not null && clock.GetElapsedTime(lookedAt) < LookEvery) return value;
                lookedAt = clock.GetTimestamp();
                (DateTime, long) found = Version();
                if (value is not null && found == version) return value;
                version = found;
                return value = parse(Read());
            }
        }
    }

    private (DateTime, long) Version()
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    private string Read()
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
