using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PresenceXml.Server.Configuration;

/// <summary>What <c>config schema</c> and <c>config show</c> print, made from the options classes.</summary>
internal static class ConfigSchema
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON schema (draft 2020-12).</summary>
    public static string ToJsonSchema(IReadOnlyDictionary<string, Type> modules)
    {
        JsonObject root = Section(new ServerOptions());
        var sections = new JsonObject();
        foreach ((string name, Type type) in modules) sections[name] = Section(Activator.CreateInstance(type)!);
        root["properties"]!["$schema"] = new JsonObject { ["type"] = "string" };
        root["properties"]![ServerConfiguration.ModulesKey] = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = sections };
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = ServerConfiguration.DefaultFile };
        foreach ((string key, JsonNode? value) in root) schema[key] = value?.DeepClone();
        return schema.ToJsonString(Readable);
    }

    /// <summary>The values in force, secrets masked.</summary>
    public static string ToJson(ServerConfiguration configuration)
    {
        JsonObject root = Values(configuration.Options);
        var sections = new JsonObject();
        foreach ((string name, object options) in configuration.Modules.Sections) sections[name] = Values(options);
        root[ServerConfiguration.ModulesKey] = sections;
        return root.ToJsonString(Readable);
    }

    /// <summary>A table for the documentation.</summary>
    public static string ToMarkdown(IReadOnlyDictionary<string, Type> modules)
    {
        var table = new StringBuilder("| key | default | what it does |\n| --- | --- | --- |\n");
        AddRows(table, new ServerOptions(), "");
        foreach ((string name, Type type) in modules) AddRows(table, Activator.CreateInstance(type)!, $"{ServerConfiguration.ModulesKey}.{name}.");
        return table.ToString();
    }

    private static void AddRows(StringBuilder table, object defaults, string prefix)
    {
        foreach (OptionModel option in OptionModel.Of(defaults.GetType()))
        {
            if (option.IsSection)
            {
                AddRows(table, option.Property.GetValue(defaults)!, $"{prefix}{option.Name}.");
                continue;
            }
            string value = Value(option, defaults)?.ToJsonString(JsonSerializerOptions.Web) ?? "null";
            table.Append(CultureInfo.InvariantCulture, $"| `{prefix}{option.Name}` | `{value.Replace("\\u002B", "+", StringComparison.Ordinal)}`{(option.Option?.Unit is { } unit ? " " + unit : "")} | {Describe(option, withUnit: false).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }
    }

    private static JsonObject Section(object defaults)
    {
        var properties = new JsonObject();
        foreach (OptionModel option in OptionModel.Of(defaults.GetType()))
            properties[option.Name] = option.MapOf is { } item ? new JsonObject { ["type"] = "object", ["description"] = Describe(option), ["additionalProperties"] = Section(Activator.CreateInstance(item)!) } : option.IsSection ? Section(option.Property.GetValue(defaults)!) : Property(option, defaults);
        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static JsonObject Property(OptionModel option, object defaults)
    {
        string type = option switch
        {
            { IsList: true } => "array",
            { Type: var t } when t == typeof(bool) => "boolean",
            { Type: var t } when t == typeof(string) => "string",
            { Type: var t } when t == typeof(double) => "number",
            _ => "integer",
        };
        var property = new JsonObject { ["type"] = option.IsNullable ? new JsonArray(type, "null") : type };
        if (Describe(option) is { Length: > 0 } description) property["description"] = description;
        if (option.IsList) property["items"] = new JsonObject { ["type"] = "string" };
        if (option.Choices is { } choices) property["enum"] = new JsonArray([.. choices.Values.Select(static choice => JsonValue.Create((string?)choice))]);
        if (option.Range is { } range)
        {
            property["minimum"] = Convert.ToInt64(range.Minimum, CultureInfo.InvariantCulture);
            if (option.HasMaximum) property["maximum"] = Convert.ToInt64(range.Maximum, CultureInfo.InvariantCulture);
        }
        property["default"] = Value(option, defaults);
        return property;
    }

    private static string Describe(OptionModel option, bool withUnit = true)
    {
        string unit = withUnit && option.Option?.Unit is { } u && !option.Description.Contains(u, StringComparison.OrdinalIgnoreCase) ? $" In {u}." : "";
        string from = option.Option?.DefaultFrom is { } f ? $" Default: {f}." : "";
        return option.Description + unit + from;
    }

    private static JsonObject Values(object options)
    {
        var values = new JsonObject();
        foreach (OptionModel option in OptionModel.Of(options.GetType()))
        {
            values[option.Name] = option.IsSection ? Values(option.Property.GetValue(options)!)
                : option.Option?.IsSecret == true && option.Property.GetValue(options) is not null ? "***"
                : Value(option, options);
        }
        return values;
    }

    private static JsonNode? Value(OptionModel option, object options) => option.Property.GetValue(options) switch
    {
        null => null,
        System.Collections.IDictionary map => new JsonObject(map.Keys.Cast<string>().Select(name => KeyValuePair.Create(name, (JsonNode?)Values(map[name]!)))),
        IEnumerable<string> list => new JsonArray([.. list.Select(static item => (JsonNode?)JsonValue.Create(item))]),
        var scalar => JsonSerializer.SerializeToNode(scalar, option.Type),
    };
}
