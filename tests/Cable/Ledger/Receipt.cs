using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Ledger;

/// <summary>A message as it came to a device, in the order of coming.</summary>
internal sealed class Receipt(TimeSpan at, SessionRecord session, LineRecord line, Seen seen)
{
    public TimeSpan At { get; } = at;
    public SessionRecord Session { get; } = session;
    public LineRecord Line { get; } = line;
    public Seen Seen { get; } = seen;

    /// <summary>When the server had shown that it knows of this delivery: it answered what was asked after it; null: never.</summary>
    public TimeSpan? Settled { get; set; }
}
