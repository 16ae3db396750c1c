using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>A page of results.</summary>
/// <param name="Entries">Ascending.</param>
/// <param name="IsComplete">True when nothing that matches lies further in the direction of paging (XEP-0313 §4.3.2).</param>
/// <param name="Count">How many match on all pages together; null when it would have to be counted.</param>
internal sealed record ArchivePage(IReadOnlyList<LogEntry> Entries, bool IsComplete, int? Count);
