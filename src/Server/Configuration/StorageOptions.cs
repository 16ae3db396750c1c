using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>storage: the engine.</summary>
public sealed class StorageOptions
{
    [Option("The engine that stores everything.", DefaultFrom = "nothing to install, and durable")]
    [AllowedValues("sqlite")]
    public string Engine { get; set; } = "sqlite";
}
