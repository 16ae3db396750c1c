using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Version;

/// <summary>modules.version: XEP-0092.</summary>
public sealed class VersionOptions
{
    [Option("Tell the operating system to whoever asks for the software's version.", DefaultFrom = "XEP-0092 §6: it helps an attacker more than a user")]
    public bool ShowOs { get; set; }
}
