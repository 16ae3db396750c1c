namespace PresenceXml.Server.Presence.Watching;

/// <summary>The watchers of a presentity at a moment.</summary>
/// <param name="Version">Of the watcher information.</param>
/// <param name="Entries">Those that are named, who was heard of last first.</param>
/// <param name="Hidden">How many there are beside those: they appear as a number.</param>
/// <param name="Dropped">How many strangers were forgotten because there were too many.</param>
public sealed record WatcherList(long Version, IReadOnlyList<WatcherEntry> Entries, int Hidden, long Dropped);
