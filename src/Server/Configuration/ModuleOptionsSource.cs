using System.Reflection;

namespace PresenceXml.Server.Configuration;

/// <summary>The options of the modules, bound from <c>modules.&lt;name&gt;</c> at start.</summary>
public sealed class ModuleOptionsSource
{
    private const string Suffix = "Options";
    private readonly Dictionary<string, object> options = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Defaults alone, as tests want them.</summary>
    public ModuleOptionsSource()
    {
    }

    internal ModuleOptionsSource(IEnumerable<KeyValuePair<string, object>> bound)
    {
        foreach ((string name, object value) in bound) options.Add(name, value);
    }

    /// <summary>The sections in order of name.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Sections => options.OrderBy(static section => section.Key, StringComparer.Ordinal);

    /// <summary>The options of a module; one object for all who ask.</summary>
    /// <exception cref="InvalidOperationException">The module asks for another class than the configuration was checked with.</exception>
    public T Get<T>(string name) where T : class, new()
    {
        if (!options.TryGetValue(name, out object? value)) options.Add(name, value = new T());
        return value as T ?? throw new InvalidOperationException($"modules.{name} is bound to {value.GetType()}, not to {typeof(T)}.");
    }

    /// <summary>Sets options before the modules are registered, as tests want it.</summary>
    public void Set<T>(string name, T value) where T : class, new() => options[name] = value;

    /// <summary>
    /// The sections that modules have: each class called <c>…Options</c> in a module's own folder (namespace) that no other class of it
    /// holds, by its <see cref="ModuleOptionsAttribute"/> or its name.
    /// </summary>
    public static IReadOnlyDictionary<string, Type> Find(IEnumerable<Type> modules)
    {
        var found = new SortedDictionary<string, Type>(StringComparer.OrdinalIgnoreCase);
        foreach (Type module in modules)
        {
            foreach (Type type in module.Assembly.GetTypes())
            {
                if (type is { IsClass: true, IsAbstract: false } && type.Namespace == module.Namespace && !type.IsNested && IsOptions(type))
                    found[type.GetCustomAttribute<ModuleOptionsAttribute>()?.Name ?? OptionModel.ToKey(type.Name[..^Suffix.Length])] = type;
            }
        }
        return found;
    }

    private static bool IsOptions(Type type) =>
        type.IsDefined(typeof(ModuleOptionsAttribute))
        || (type.Name.Length > Suffix.Length && type.Name.EndsWith(Suffix, StringComparison.Ordinal) && type.GetConstructor(Type.EmptyTypes) is not null);
}
