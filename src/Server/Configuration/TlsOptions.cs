using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>tls: the certificate, and whether there must be encryption.</summary>
public sealed class TlsOptions : IValidatableObject
{
    [Option("PEM file with the certificate and its chain; read again when it changes. null: a self-signed one is made in the data directory.", IsPath = true)]
    public string? Certificate { get; set; }

    [Option("PEM file with the private key; null: it is in the certificate's file.", IsPath = true)]
    public string? Key { get; set; }

    [Option("Certificates for single domains: name → { certificate, key }; chosen by SNI or the stream's \"to\" before the one for all.")]
    public IReadOnlyDictionary<string, CertificateOptions> Domains { get; set; } = new Dictionary<string, CertificateOptions>();

    [Option("Refuse to authenticate without TLS. false is for tests on the loopback.", DefaultFrom = "RFC 7590 §3.4")]
    public bool Required { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate is not null && !File.Exists(Certificate)) yield return new ValidationResult($"there is no file {Certificate}", [nameof(Certificate)]);
        if (Certificate is null && Key is not null) yield return new ValidationResult("expected a certificate beside the key", [nameof(Key)]);
        else if (Key is not null && !File.Exists(Key)) yield return new ValidationResult($"there is no file {Key}", [nameof(Key)]);
    }
}
