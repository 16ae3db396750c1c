namespace PresenceXml.Server.Federation;

/// <summary>What came of a test.</summary>
/// <param name="Manner">How the stream to the other server was proven; null when it could not be opened.</param>
/// <param name="Failure">What failed; null: both ways work, as far as can be known from here.</param>
internal sealed record LinkTest(LinkManner? Manner, LinkFailure? Failure);
