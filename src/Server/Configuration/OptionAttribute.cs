namespace PresenceXml.Server.Configuration;

/// <summary>
/// What people are told of one key of the configuration: by <c>config schema</c>, by the table in the README and by error messages.
/// Bounds and choices stand beside it as the usual data annotations.
/// </summary>
/// <param name="description">What it does, in a sentence.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string description) : Attribute
{
    public string Description { get; } = description;

    /// <summary>The unit of a number, in plural: bytes, seconds.</summary>
    public string? Unit { get; init; }

    /// <summary>Where the default comes from: a section of an RFC, or the reason in a few words.</summary>
    public string? DefaultFrom { get; init; }

    /// <summary>A file or folder; a relative one counts from the configuration file's folder, else from the working directory.</summary>
    public bool IsPath { get; init; }

    /// <summary>Never shown by <c>config show</c>.</summary>
    public bool IsSecret { get; init; }
}
