using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace PresenceXml.Server.Configuration;

/// <summary>One key of the configuration as its options class declares it.</summary>
/// <param name="Name">The key.</param>
/// <param name="Property">The property it sets.</param>
internal sealed record OptionModel(string Name, PropertyInfo Property)
{
    private static readonly NullabilityInfoContext Nullability = new();

    public Type Type => Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>A class of further keys.</summary>
    public bool IsSection => Type.IsClass && Type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(Type);

    /// <summary>A list of texts.</summary>
    public bool IsList => Type != typeof(string) && Type.IsAssignableFrom(typeof(string[]));

    /// <summary>Sections by names that the administrator chooses; null when it is none.</summary>
    public Type? MapOf => Type.IsGenericType && Type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) ? Type.GenericTypeArguments[1] : null;

    /// <summary>May be null.</summary>
    public bool IsNullable
    {
        get
        {
            if (Property.PropertyType != Type) return true;
            // The context caches and is not safe for two threads.
            lock (Nullability) return !Type.IsValueType && Nullability.Create(Property).WriteState == NullabilityState.Nullable;
        }
    }

    public OptionAttribute? Option { get; } = Property.GetCustomAttribute<OptionAttribute>();
    public RangeAttribute? Range { get; } = Property.GetCustomAttribute<RangeAttribute>();
    public AllowedValuesAttribute? Choices { get; } = Property.GetCustomAttribute<AllowedValuesAttribute>();

    /// <summary>There is an upper bound other than the largest number the type holds.</summary>
    public bool HasMaximum => Range is not null && Range.Maximum is not int.MaxValue && Convert.ToDouble(Range.Maximum, CultureInfo.InvariantCulture) < long.MaxValue;

    /// <summary>What people are told of it; empty when nothing was written.</summary>
    public string Description => Option?.Description ?? Property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <summary>The keys of an options class in the order they are declared.</summary>
    public static IReadOnlyList<OptionModel> Of(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.SetMethod is { IsPublic: true })
            .Select(static property => new OptionModel(ToKey(property.Name), property)),
    ];

    /// <summary>Every path of a class to a single value, as people write it.</summary>
    public static IEnumerable<string> Paths(Type type, string prefix = "") =>
        Of(type).SelectMany(option => option.IsSection ? Paths(option.Type, prefix + option.Name + ".") : [prefix + option.Name]);

    /// <summary>The key of a property: its name with a small first letter.</summary>
    public static string ToKey(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
