using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Blocking;

/// <summary>modules.blocking: XEP-0191. 0 switches a limit off.</summary>
public sealed class BlockingOptions
{
    [Option("Addresses one account may block.", Unit = "addresses", DefaultFrom = "far more than people block; the list is in memory while the account is in use, some 200 bytes each")]
    [Range(0, int.MaxValue)]
    public int MaxItems { get; set; } = 1000;
}
