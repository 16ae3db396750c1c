using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Services;

/// <summary>modules.services: which domains offer one of the two services only (RFC 2779 §2.1.1).</summary>
[ModuleOptions("services")]
public sealed class ServicesOptions
{
    [Option("Domains whose accounts have no presence: nobody sees them, they see nobody, and messages are all there is.", DefaultFrom = "who has an account mostly wants both")]
    public IReadOnlyList<string> WithoutPresence { get; set; } = [];

    [Option("Domains whose accounts send and take no messages: presence is all there is.", DefaultFrom = "who has an account mostly wants both")]
    public IReadOnlyList<string> WithoutMessages { get; set; } = [];
}
