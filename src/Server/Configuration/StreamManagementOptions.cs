using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>streamManagement: acknowledgements and resumption (XEP-0198).</summary>
public sealed class StreamManagementOptions
{
    [Option("How long a session waits for its client to come back on a new line; a client may ask for less. 0: sessions cannot be resumed.", Unit = "seconds", DefaultFrom = "longer than a lift, a tunnel or a change of networks takes; for longer absences there is the archive")]
    [Range(0, 86400)]
    public int ResumeSeconds { get; set; } = 600;

    [Option("Stanzas that may be on their way to one client without being acknowledged; further ones wait.", Unit = "stanzas", DefaultFrom = "several pages of an archive")]
    [Range(1, 100000)]
    public int WindowStanzas { get; set; } = 1000;

    [Option("The same in bytes: what one client that does not acknowledge costs beside what waits for it.", Unit = "bytes", DefaultFrom = "what a line of 20 Mbit/s carries in 100 ms")]
    [Range(1, int.MaxValue)]
    public int WindowBytes { get; set; } = 262144;

    [Option("How long a client may owe an acknowledgement it was asked for, or without stream management the answer to a ping, before its line is given up; an acknowledgement four times that while it still sends something.", Unit = "seconds", DefaultFrom = "longer than a phone takes to wake its radio and a slow line to drain")]
    [Range(1, 3600)]
    public int AckSeconds { get; set; } = 30;

    [Option("Where clients are told to resume: host:port, IPv6 in brackets.", DefaultFrom = "not said: where they connected before")]
    public string? Location { get; set; }
}
