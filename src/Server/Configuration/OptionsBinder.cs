using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace PresenceXml.Server.Configuration;

/// <summary>Sets options classes from nodes; collects every problem, so that one start shows all of them.</summary>
/// <param name="baseDirectory">Where relative paths count from.</param>
internal sealed class OptionsBinder(string baseDirectory)
{
    private readonly List<string> problems = [];

    public IReadOnlyList<string> Problems => problems;

    public void Add(string origin, string path, string problem) => problems.Add($"{origin}: {path}: {problem}");

    /// <summary>Sets the properties of <paramref name="target"/> from a section and checks its data annotations.</summary>
    /// <param name="target">The options.</param>
    /// <param name="section">Null when the configuration has none: everything stays at its default.</param>
    /// <param name="path">The section's path, empty for the root.</param>
    /// <param name="others">Keys of the section that somebody else reads.</param>
    /// <param name="known">Every path there is, to find the one somebody meant.</param>
    public void Bind(object target, ConfigNode? section, string path, IReadOnlyCollection<string> others, IReadOnlyCollection<string> known)
    {
        IReadOnlyList<OptionModel> options = OptionModel.Of(target.GetType());
        if (section is not null && section.Kind != ConfigNodeKind.Section)
        {
            Add(section.Origin, path, $"expected a section {{ … }}, not {section.Quoted}");
            return;
        }
        int before = problems.Count;
        foreach ((string key, ConfigNode value) in section?.Members ?? [])
        {
            if (others.Contains(key, StringComparer.OrdinalIgnoreCase)) continue;
            if (!options.Any(option => option.Name.Equals(key, StringComparison.OrdinalIgnoreCase)))
                Add(value.Origin, Join(path, key), Unknown(key, [.. options.Select(static option => option.Name), .. others], known));
        }
        foreach (OptionModel option in options)
        {
            ConfigNode? value = section?.Members.GetValueOrDefault(option.Name);
            string keyPath = Join(path, option.Name);
            if (option.IsSection) Bind(option.Property.GetValue(target)!, value, keyPath, [], known);
            else if (option.MapOf is { } item) BindMap(target, option, item, value, keyPath, known);
            else if (value is not null && TryRead(option, value, keyPath, out object? read)) option.Property.SetValue(target, read);
            if (option.Option?.IsPath == true && option.Property.GetValue(target) is string { Length: > 0 } file)
                option.Property.SetValue(target, Path.GetFullPath(file, baseDirectory));
        }
        if (problems.Count == before) Validate(target, section, path);
    }

    /// <summary>The sentence about a key nobody knows.</summary>
    public static string Unknown(string key, IEnumerable<string> siblings, IEnumerable<string> known)
    {
        string? near = NearestKey.Of(key, siblings)
            ?? known.FirstOrDefault(path => path.EndsWith("." + key, StringComparison.OrdinalIgnoreCase));
        return near is null ? "unknown key" : $"unknown key; did you mean \"{near}\"?";
    }

    private void BindMap(object target, OptionModel option, Type item, ConfigNode? section, string path, IReadOnlyCollection<string> known)
    {
        if (section is null) return;
        if (section.Kind != ConfigNodeKind.Section)
        {
            Add(section.Origin, path, $"expected a section {{ … }}, not {section.Quoted}");
            return;
        }
        var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), item))!;
        foreach ((string name, ConfigNode value) in section.Members)
        {
            object entry = Activator.CreateInstance(item)!;
            Bind(entry, value, Join(path, name), [], known);
            map.Add(name, entry);
        }
        option.Property.SetValue(target, map);
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private void Validate(object target, ConfigNode? section, string path)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(target, new ValidationContext(target), results, validateAllProperties: true);
        foreach (ValidationResult result in results)
        {
            string? member = result.MemberNames.FirstOrDefault();
            string key = member is null ? "" : OptionModel.ToKey(member);
            string origin = section?.Members.GetValueOrDefault(key)?.Origin ?? section?.Origin ?? "defaults";
            Add(origin, key.Length == 0 ? path : Join(path, key), result.ErrorMessage ?? "not allowed");
        }
    }

    private bool TryRead(OptionModel option, ConfigNode node, string path, out object? value)
    {
        value = null;
        if (node.Kind == ConfigNodeKind.Null || (node is { IsLoose: true, Text: "" } && option.IsNullable))
        {
            if (option.IsNullable) return true;
        }
        else if (option.IsList)
        {
            IReadOnlyList<ConfigNode>? items = node.Kind == ConfigNodeKind.List ? node.Items : node.IsLoose ? [.. ConfigEnvironment.SplitList(node)] : null;
            if (items is not null && items.All(static item => item.Kind == ConfigNodeKind.Text))
            {
                value = items.Select(static item => item.Text!).ToArray();
                return true;
            }
        }
        else if (TryScalar(option, node, out value))
        {
            return true;
        }
        Add(node.Origin, path, $"expected {Expected(option)}, not {node.Quoted}");
        return false;
    }

    private static bool TryScalar(OptionModel option, ConfigNode node, out object? value)
    {
        value = null;
        if (node.Kind is ConfigNodeKind.List or ConfigNodeKind.Section) return false;
        string text = node.Text!;
        if (option.Type == typeof(string)) value = node.Kind == ConfigNodeKind.Text ? text : null;
        else if (option.Type == typeof(bool)) value = (node.Kind == ConfigNodeKind.Boolean || node.IsLoose) && bool.TryParse(text, out bool flag) ? flag : null;
        else if (node.Kind != ConfigNodeKind.Number && !node.IsLoose) return false;
        else if (option.Type == typeof(int)) value = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;
        else if (option.Type == typeof(long)) value = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
        else if (option.Type == typeof(double)) value = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
        else throw new NotSupportedException($"Options cannot be of type {option.Type}: {option.Property.DeclaringType}.{option.Property.Name}.");
        return value is not null && IsInRange(option, value) && IsChoice(option, value);
    }

    private static bool IsInRange(OptionModel option, object value) => option.Range is null || option.Range.IsValid(value);

    private static bool IsChoice(OptionModel option, object value) => option.Choices is null || option.Choices.Values.Contains(value);

    /// <summary>What a key wants, as the end of a sentence.</summary>
    public static string Expected(OptionModel option)
    {
        string expected = option switch
        {
            { Choices: { } choices } => "one of " + string.Join(", ", choices.Values.Select(static choice => $"\"{choice}\"")),
            { IsList: true } => "a list of texts [ \"…\" ]",
            { Type: var type } when type == typeof(bool) => "true or false",
            { Type: var type } when type == typeof(string) => option.Option?.IsPath == true ? "a path" : "a text",
            { Type: var type } when type == typeof(double) => "a number" + Bounds(option),
            _ => "a whole number" + Bounds(option),
        };
        return option.IsNullable ? expected + " or null" : expected;
    }

    private static string Bounds(OptionModel option) => option switch
    {
        { Range: null } => "",
        { HasMaximum: false } => string.Create(CultureInfo.InvariantCulture, $" of {option.Range.Minimum} or more"),
        _ => string.Create(CultureInfo.InvariantCulture, $" from {option.Range.Minimum} to {option.Range.Maximum}"),
    };
}
