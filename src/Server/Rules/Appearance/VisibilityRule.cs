using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Rules.Appearance;

/// <summary>How a watcher appears to some presentities.</summary>
/// <param name="Scope">What <paramref name="Name"/> names.</param>
/// <param name="Name">A bare JID, a domain, or a group of the watcher's roster.</param>
/// <param name="Show">How it appears.</param>
public sealed record VisibilityRule(VisibilityScope Scope, string Name, Visibility Show)
{
    internal bool Holds(Jid presentity, RosterItem? contact) => Scope switch
    {
        VisibilityScope.Jid => presentity.Bare.ToString() == Name,
        VisibilityScope.Domain => presentity.Domain == Name,
        VisibilityScope.Group => contact is { InRoster: true } && contact.Groups.Contains(Name),
        _ => false,
    };
}
