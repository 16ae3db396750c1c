using System.Collections;
using System.Globalization;

namespace PresenceXml.Server.Configuration;

/// <summary>
/// Variables that override the file: <c>PRESENCEXML__limits__stanzaBytes=65536</c>, one item of a list <c>PRESENCEXML__domains__0=…</c>, a
/// whole list <c>PRESENCEXML__domains=a.example,b.example</c> (empty: the empty list). Case does not count in names.
/// </summary>
internal static class ConfigEnvironment
{
    public const string Prefix = "PRESENCEXML__";

    /// <summary>Lays the variables over the file's nodes.</summary>
    public static void Overlay(ConfigNode root, IDictionary variables)
    {
        List<string> names = [.. variables.Keys.Cast<string>().Where(static name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))];
        // Shorter first, so that a whole list is there before one of its items is replaced.
        foreach (string name in names.OrderBy(static name => name.Length).ThenBy(static name => name, StringComparer.OrdinalIgnoreCase))
        {
            string[] path = name[Prefix.Length..].Split("__");
            if (path.Contains("")) throw new ConfigurationException($"{name}: expected {Prefix}section__key");
            var value = new ConfigNode(ConfigNodeKind.Text, name, (string?)variables[name] ?? "") { IsLoose = true };
            Set(root, path, value, name);
        }
    }

    private static void Set(ConfigNode node, ReadOnlySpan<string> path, ConfigNode value, string name)
    {
        string key = path[0];
        if (node.Kind == ConfigNodeKind.List || IsIndex(key))
        {
            SetItem(node, key, path, value, name);
            return;
        }
        if (path.Length == 1)
        {
            node.Members[key] = value;
            return;
        }
        bool isList = path.Length == 2 && IsIndex(path[1]);
        if (!node.Members.TryGetValue(key, out ConfigNode? child) || child.Kind is not (ConfigNodeKind.Section or ConfigNodeKind.List))
        {
            ConfigNode before = child!;
            child = new ConfigNode(isList ? ConfigNodeKind.List : ConfigNodeKind.Section, name);
            if (isList && before is { IsLoose: true }) child.Items.AddRange(SplitList(before));
            node.Members[key] = child;
        }
        Set(child, path[1..], value, name);
    }

    private static void SetItem(ConfigNode list, string key, ReadOnlySpan<string> path, ConfigNode value, string name)
    {
        if (list.Kind != ConfigNodeKind.List || path.Length > 1 || !IsIndex(key)) throw new ConfigurationException($"{name}: expected the number of an item at the end, after the name of a list");
        int index = int.Parse(key, NumberStyles.None, CultureInfo.InvariantCulture);
        if (index > list.Items.Count) throw new ConfigurationException($"{name}: the list has {list.Items.Count} items; the next one is __{list.Items.Count}");
        if (index == list.Items.Count) list.Items.Add(value);
        else list.Items[index] = value;
    }

    /// <summary>The items of a list that is written in one variable.</summary>
    public static IEnumerable<ConfigNode> SplitList(ConfigNode text) =>
        text.Text!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(item => text with { Text = item });

    private static bool IsIndex(string key) => key.Length is > 0 and < 5 && key.All(char.IsAsciiDigit);
}
