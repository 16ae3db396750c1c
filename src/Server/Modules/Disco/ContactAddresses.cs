using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Disco;

/// <summary>modules.disco.contactAddresses: the roles of XEP-0157 §3, each with a list of URIs.</summary>
public sealed class ContactAddresses : IValidatableObject
{
    [Option("URIs to write to about abuse, such as mailto:abuse@example.org (XEP-0157).")]
    public IReadOnlyList<string> Abuse { get; set; } = [];

    [Option("URIs of the administrators.")]
    public IReadOnlyList<string> Admin { get; set; } = [];

    [Option("URIs for feedback.")]
    public IReadOnlyList<string> Feedback { get; set; } = [];

    [Option("URIs for sales.")]
    public IReadOnlyList<string> Sales { get; set; } = [];

    [Option("URIs to report security problems to.")]
    public IReadOnlyList<string> Security { get; set; } = [];

    [Option("URIs that tell the state of the service.")]
    public IReadOnlyList<string> Status { get; set; } = [];

    [Option("URIs for support.")]
    public IReadOnlyList<string> Support { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from role in ByRole()
        from address in role.Value
        where !Uri.TryCreate(address, UriKind.Absolute, out _)
        select new ValidationResult($"expected URIs such as \"mailto:{role.Key}@example.org\", not \"{address}\"", [role.Key]);

    /// <summary>Roles in alphabetical order with their addresses.</summary>
    internal IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> ByRole() =>
    [
        new("abuse", Abuse), new("admin", Admin), new("feedback", Feedback), new("sales", Sales),
        new("security", Security), new("status", Status), new("support", Support),
    ];
}
