using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>clientState: what waits for a client that says that nobody looks at it (XEP-0352).</summary>
public sealed class ClientStateOptions
{
    [Option("Stanzas that can wait (presence, chat states and the like) and do until the client is active again or something else comes. 0: nothing waits.", Unit = "stanzas", DefaultFrom = "a large roster's evening, the latest presence of each")]
    [Range(0, 100000)]
    public int WaitingStanzas { get; set; } = 500;

    [Option("The same in bytes; at most half of limits.outboxBytes.", Unit = "bytes", DefaultFrom = "a few hundred bytes for each of the 500")]
    [Range(0, int.MaxValue)]
    public int WaitingBytes { get; set; } = 131072;
}
