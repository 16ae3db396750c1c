using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>dns.overrides.&lt;name&gt;: where one domain is.</summary>
public sealed class DnsOverrideOptions : IValidatableObject
{
    [Option("Where its server is, in the order to be tried.")]
    public IReadOnlyList<string> Targets { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Targets.Count == 0) yield return new ValidationResult($"expected at least one: {TargetAddress.Expected}", [nameof(Targets)]);
        foreach (string target in Targets)
        {
            if (!TargetAddress.TryParse(target, out _))
                yield return new ValidationResult($"expected {TargetAddress.Expected}, not \"{target}\"", [nameof(Targets)]);
        }
    }
}
