using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Ledger;

/// <summary>A session of a device, from asking for a resource to its end, over all lines on which it was resumed.</summary>
internal sealed class SessionRecord(TimeSpan asked)
{
    /// <summary>The full JID that the server gave; null: the line ended before the client learned of it, and the session may exist or not.</summary>
    public string? Address { get; set; }

    /// <summary>When the client learned of it, or asked for it.</summary>
    public TimeSpan Bound { get; set; } = asked;

    /// <summary>When everything a message has to wait for was done: carbons, presence; null: never.</summary>
    public TimeSpan? Ready { get; set; }

    /// <summary>True when the device ended its stream and read the server's end of it.</summary>
    public bool WasClosed { get; set; }
    public List<LineRecord> Lines { get; } = [];

    /// <summary>When its last line was over at the server.</summary>
    public TimeSpan? ServerEnd => Lines.Count == 0 ? null : Lines.Max(static line => line.ServerEnd ?? TimeSpan.MaxValue);
}
