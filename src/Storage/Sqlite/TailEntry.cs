using PresenceXml.Protocol;

namespace PresenceXml.Storage.Sqlite;

/// <summary>One entry of a log in memory: not merged into a chunk yet, or read out of one.</summary>
internal struct TailEntry
{
    public long Sequence;

    /// <summary>UTC ticks of 100 ns.</summary>
    public long Time;
    public Jid? Peer;
    public string? Box;
    public bool Outgoing;
    public bool Undelivered;

    /// <summary>Only the place and perhaps a mark are left: no peer, box or content.</summary>
    public bool Deleted;
    public ReadOnlyMemory<byte> Content;

    /// <summary>One with no handle is none. Kept when the entry is deleted.</summary>
    public LogMark Mark;

    /// <summary>True when a query asks for it.</summary>
    public readonly bool Matches(LogQuery query) =>
        !Deleted
        && !(Sequence <= query.After) && !(Sequence >= query.Before)
        && !(Time < query.Start?.UtcTicks) && !(Time > query.End?.UtcTicks)
        && (query.Peer is null || query.Peer == Peer)
        && (query.Box is null || query.Box == Box)
        && (query.Containing.IsEmpty || Content.Span.IndexOf(query.Containing.Span) >= 0);

    public readonly LogEntry ToLogEntry(bool undelivered) =>
        new(Sequence, new DateTimeOffset(Time, TimeSpan.Zero), Peer!, Box!, Outgoing, undelivered, Content) { Mark = Mark.Handle == 0 ? null : Mark };

    /// <summary>Marks it deleted and lets go of everything but its place and mark.</summary>
    public void Clear()
    {
        Deleted = true;
        Undelivered = false;
        Peer = null;
        Box = null;
        Content = default;
    }
}
