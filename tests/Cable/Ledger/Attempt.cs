using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Ledger;

/// <summary>One sending of a message.</summary>
internal sealed record Attempt(TimeSpan At, LineRecord Line, string Why);
