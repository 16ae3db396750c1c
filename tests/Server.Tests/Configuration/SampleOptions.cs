using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Tests.Configuration;

/// <summary>A module's options with every kind of value.</summary>
public sealed class SampleOptions : IValidatableObject
{
    public bool Enabled { get; set; }

    [System.ComponentModel.DataAnnotations.Range(0, 10)]
    [Option("How much.", Unit = "spoons", DefaultFrom = "taste")]
    public int Amount { get; set; } = 3;

    public double Factor { get; set; } = 0.5;

    [Option("Where.", IsPath = true)]
    public string? Folder { get; set; }

    [Option("The key of a friend.", IsSecret = true)]
    public string Token { get; set; } = "hush";

    public SampleInner Inner { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Enabled && Amount == 0) yield return new ValidationResult("expected more than 0 where enabled", [nameof(Amount)]);
    }
}

public sealed class SampleInner
{
    public IReadOnlyList<string> Names { get; set; } = [];
}
