using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Presence;

/// <summary>One change of a roster that interested resources are told of.</summary>
/// <param name="Contact">Whose item.</param>
/// <param name="Item">The new form, null when it was removed.</param>
/// <param name="Version">The roster's number afterwards.</param>
internal readonly record struct RosterChange(Jid Contact, RosterItem? Item, long Version);
