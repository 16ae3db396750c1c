using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>tls.domains.&lt;name&gt;: the certificate of one domain.</summary>
public sealed class CertificateOptions : IValidatableObject
{
    [Option("PEM file with the chain, the domain's own certificate first.", IsPath = true)]
    public string Certificate { get; set; } = "";

    [Option("PEM file with the private key; null: it is in the certificate's file.", IsPath = true)]
    public string? Key { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!File.Exists(Certificate)) yield return new ValidationResult(Certificate.Length == 0 ? "expected a path" : $"there is no file {Certificate}", [nameof(Certificate)]);
        if (Key is not null && !File.Exists(Key)) yield return new ValidationResult($"there is no file {Key}", [nameof(Key)]);
    }
}
