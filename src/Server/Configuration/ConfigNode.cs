namespace PresenceXml.Server.Configuration;

internal enum ConfigNodeKind { Null, Text, Number, Boolean, List, Section }

/// <summary>A value as it stands in the file or the environment, with where it stands.</summary>
/// <param name="Kind">Its JSON kind; what the environment gives is text.</param>
/// <param name="Origin">For messages: <c>server.config.json:12</c>, or the variable's name.</param>
/// <param name="Text">Of a text, number or boolean.</param>
internal sealed record ConfigNode(ConfigNodeKind Kind, string Origin, string? Text = null)
{
    /// <summary>From the environment, where everything is text: numbers, booleans and lists are read from it.</summary>
    public bool IsLoose { get; init; }

    /// <summary>Of a list.</summary>
    public List<ConfigNode> Items { get; } = [];

    /// <summary>Of a section; keys in any case.</summary>
    public Dictionary<string, ConfigNode> Members { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>As it is quoted in a message.</summary>
    public string Quoted => Kind switch
    {
        ConfigNodeKind.Null => "null",
        ConfigNodeKind.Text => $"\"{Text}\"",
        ConfigNodeKind.List => "a list",
        ConfigNodeKind.Section => "a section",
        _ => Text!,
    };
}
