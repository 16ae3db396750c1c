namespace PresenceXml.Server.Configuration;

/// <summary>The configuration cannot be used. Each problem is one line that names file, line, key, what was expected and, for an unknown key, the nearest known one.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public ConfigurationException(string problem) : this([problem])
    {
    }

    public IReadOnlyList<string> Problems { get; } = problems;
}
