using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>A page of a box.</summary>
/// <param name="Entries">Ascending.</param>
/// <param name="IsComplete">True when nothing lies further in the direction of paging.</param>
/// <param name="IsAll">True when the page is the whole box.</param>
internal sealed record HeaderPage(IReadOnlyList<LogEntry> Entries, bool IsComplete, bool IsAll);
