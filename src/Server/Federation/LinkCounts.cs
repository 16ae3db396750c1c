namespace PresenceXml.Server.Federation;

/// <summary>What became of the stanzas of a link.</summary>
/// <param name="Confirmed">Arrived.</param>
/// <param name="Returned">Could not be sent; their senders were told, where somebody is to be.</param>
/// <param name="Unsure">Were on a line that broke, and nobody can say whether they arrived; their senders were told so.</param>
/// <param name="Opened">Streams the link had.</param>
internal readonly record struct LinkCounts(long Confirmed, long Returned, long Unsure, long Opened);
