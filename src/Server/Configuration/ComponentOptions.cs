using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>components.&lt;domain&gt;: a component that may connect (XEP-0114).</summary>
public sealed class ComponentOptions : IValidatableObject
{
    [Option("What it and this server both know. This, or secretFile.", IsSecret = true)]
    public string? Secret { get; set; }

    [Option("A file with the secret, without the line break at its end; read at start.", IsPath = true)]
    public string? SecretFile { get; set; }

    [Option("Waiting to be written to it; what is more is refused to its senders.", Unit = "bytes", DefaultFrom = "some ten thousand stanzas, a second or two of a busy component")]
    [Range(65536, int.MaxValue)]
    public int QueueBytes { get; set; } = 16777216;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if ((Secret is null) == (SecretFile is null)) yield return new ValidationResult("expected either a secret or a secretFile", [nameof(Secret)]);
        else if (Secret is "") yield return new ValidationResult("expected a text that is not empty", [nameof(Secret)]);
        else if (SecretFile is not null && Problem(SecretFile) is { } problem) yield return new ValidationResult(problem, [nameof(SecretFile)]);
    }

    /// <summary>The secret, wherever it stands.</summary>
    /// <exception cref="IOException">Its file cannot be read any more.</exception>
    internal string ReadSecret() => Secret ?? File.ReadAllText(SecretFile!).TrimEnd('\r', '\n');

    private static string? Problem(string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n').Length == 0 ? $"the file {file} is empty" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the file {file} cannot be read: {e.Message}";
        }
    }
}
