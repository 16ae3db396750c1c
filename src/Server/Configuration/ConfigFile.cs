using System.Text;
using System.Text.Json;

namespace PresenceXml.Server.Configuration;

/// <summary>Reads JSON with comments and trailing commas into nodes that know their lines.</summary>
internal static class ConfigFile
{
    /// <exception cref="ConfigurationException">The file cannot be read or is not JSON.</exception>
    public static ConfigNode Read(string file)
    {
        try
        {
            return Parse(File.ReadAllBytes(file), Path.GetFileName(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{file}: cannot be read: {e.Message}");
        }
    }

    /// <summary>Parses the text of a file called <paramref name="name"/>.</summary>
    public static ConfigNode Parse(ReadOnlySpan<byte> json, string name)
    {
        if (json.StartsWith(Encoding.UTF8.Preamble)) json = json[3..];
        var lines = new LineCounter(name);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            ConfigNode root = ReadValue(ref reader, json, ref lines, "");
            if (root.Kind != ConfigNodeKind.Section) throw new ConfigurationException($"{root.Origin}: expected an object {{ … }}, not {root.Quoted}");
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            string reason = e.Message.Split(" LineNumber:")[0];
            throw new ConfigurationException($"{name}:{e.LineNumber.GetValueOrDefault() + 1}: not valid JSON: {reason}");
        }
    }

    private static ConfigNode ReadValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ref LineCounter lines, string path)
    {
        string origin = lines.At(json, (int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var section = new ConfigNode(ConfigNodeKind.Section, origin);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    string keyOrigin = lines.At(json, (int)reader.TokenStartIndex);
                    string keyPath = path.Length == 0 ? key : $"{path}.{key}";
                    reader.Read();
                    // An editor's hint where the schema is; it configures nothing.
                    ConfigNode value = ReadValue(ref reader, json, ref lines, keyPath) with { Origin = keyOrigin };
                    if (path.Length == 0 && key == "$schema") continue;
                    if (!section.Members.TryAdd(key, value)) throw new ConfigurationException($"{keyOrigin}: {keyPath}: the key stands here twice");
                }
                return section;
            case JsonTokenType.StartArray:
                var list = new ConfigNode(ConfigNodeKind.List, origin);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    list.Items.Add(ReadValue(ref reader, json, ref lines, $"{path}[{list.Items.Count}]"));
                return list;
            case JsonTokenType.String:
                return new ConfigNode(ConfigNodeKind.Text, origin, reader.GetString());
            case JsonTokenType.Number:
                return new ConfigNode(ConfigNodeKind.Number, origin, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return new ConfigNode(ConfigNodeKind.Boolean, origin, reader.TokenType == JsonTokenType.True ? "true" : "false");
            default:
                return new ConfigNode(ConfigNodeKind.Null, origin);
        }
    }

    /// <summary>Counts lines once from front to back: tokens come in order.</summary>
    private struct LineCounter(string name)
    {
        private int position;
        private int line = 1;

        public string At(ReadOnlySpan<byte> json, int index)
        {
            line += json[position..index].Count((byte)'\n');
            position = index;
            return $"{name}:{line}";
        }
    }
}
