namespace PresenceXml.Cable.Ledger;

/// <summary>What a device can tell of a message it got.</summary>
/// <param name="Form">How it came.</param>
/// <param name="Id">The origin-id (XEP-0359), which is the message's name in this test.</param>
/// <param name="IsWhole">False when its text is not what was sent.</param>
/// <param name="StanzaId">The id that the account's archive gave it; null: none was told.</param>
/// <param name="Stamp">The time in its delay; null: none.</param>
/// <param name="From">Its sender's full JID.</param>
/// <param name="QueryId">Of an archive's page.</param>
internal sealed record Seen(MessageForm Form, string Id, bool IsWhole, string? StanzaId, DateTimeOffset? Stamp, string? From, string? QueryId);
