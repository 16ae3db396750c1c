namespace PresenceXml.Cable.Judging;

/// <summary>One entry of an account's archive as a fresh client read it.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="StanzaId">The archive's id.</param>
/// <param name="Id">The message's name (origin-id).</param>
/// <param name="IsWhole">False when the text is not what was sent.</param>
/// <param name="Stamp">When the server stored it, by its own clock.</param>
/// <param name="At">The same as time of the run.</param>
internal sealed record ArchivedMessage(int Index, string StanzaId, string Id, bool IsWhole, DateTimeOffset Stamp, TimeSpan At);
