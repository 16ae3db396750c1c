using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>federation.domains.&lt;name&gt;: what one domain has to prove itself by.</summary>
public sealed class DomainPolicyOptions : IValidatableObject
{
    [Option("\"certificate\", \"dialback\" or \"deny\", as for all domains.")]
    public string Policy { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!FederationOptions.Policies.Contains(Policy)) yield return new ValidationResult($"expected one of {FederationOptions.Words}, not \"{Policy}\"", [nameof(Policy)]);
    }
}
