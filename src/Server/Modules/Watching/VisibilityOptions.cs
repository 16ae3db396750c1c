using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>modules.visibility: visibility rules. 0 switches a limit off.</summary>
public sealed class VisibilityOptions
{
    [Option("Visibility rules of one account.", Unit = "rules", DefaultFrom = "far more than people write; they are in memory while the account is in use")]
    [Range(0, int.MaxValue)]
    public int MaxRules { get; set; } = 200;
}
