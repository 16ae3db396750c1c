namespace PresenceXml.Cable.Judging;

/// <summary>One thing that is wrong.</summary>
/// <param name="Verdict">What it is.</param>
/// <param name="MessageId">The message concerned; null: none in particular.</param>
/// <param name="At">When, as far as it has a time; the first is told in full.</param>
/// <param name="Text">What, and where.</param>
internal sealed record Finding(Verdict Verdict, string? MessageId, TimeSpan At, string Text);
